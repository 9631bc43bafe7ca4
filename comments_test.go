package clarify_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
)

const commentID = "2f4d6b8a-0c1e-4a3b-95d7-e9f1a2b3c407"

// commented creates a person to comment on.
func commented(t *testing.T, client *clarify.Client) clarify.Ref {
	t.Helper()
	ada, err := clarify.People(client).Create(t.Context(), clarify.Person{EmailAddresses: clarify.Collection{"ada@example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	return clarify.Ref{Type: "person", ID: ada.ID}
}

func TestACommentIsAddedReadEditedAndRemoved(t *testing.T) {
	client, s := sandbox(t)
	about := commented(t, client)
	ctx := t.Context()
	added, err := client.AddComment(ctx, about, clarify.Text("Called back.\nAgain."), clarify.Silent())
	if err != nil {
		t.Fatal(err)
	}
	if added.ID == "" {
		t.Errorf("added %+v", added)
	}
	wantEqual(t, "added.About()", added.About(), about)
	wantEqual(t, "clarify.PlainText(added.Message)", clarify.PlainText(added.Message), "Called back.\nAgain.")
	if added.CreatedAt.IsZero() {
		t.Errorf("added %+v", added)
	}
	if added.CreatedBy == "" {
		t.Errorf("added %+v", added)
	}
	if !added.UpdatedAt.IsZero() {
		t.Errorf("added %+v", added)
	}
	edited, err := client.EditComment(ctx, added.ID, clarify.Text("Called twice."), clarify.Silent())
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "edited.ID", edited.ID, added.ID)
	wantEqual(t, "clarify.PlainText(edited.Message)", clarify.PlainText(edited.Message), "Called twice.")
	if edited.UpdatedAt.IsZero() {
		t.Errorf("edited %+v", edited)
	}
	if edited.UpdatedBy == "" {
		t.Errorf("edited %+v", edited)
	}
	read, err := client.Comment(ctx, added.ID)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "encoded(t, read)", encoded(t, read), encoded(t, edited))
	if err := client.RemoveComment(ctx, added.ID, clarify.Silent()); err != nil {
		t.Error(err)
	}
	if _, err := client.Comment(ctx, added.ID); !errors.Is(err, clarify.ErrNotFound) {
		t.Errorf("after it was removed: %v", err)
	}
	if err := client.RemoveComment(ctx, added.ID); !errors.Is(err, clarify.ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
	silent := 0
	for _, r := range s.Requests() {
		if strings.HasPrefix(r.Path, "/v1/workspaces/acme/comments") && strings.Contains(r.Query, "silent=true") {
			silent++
		}
	}
	if silent != 3 {
		t.Errorf("%d requests were silent, want 3", silent)
	}
}

func TestACommentKeepsWhatItsFieldsCannotExpress(t *testing.T) {
	const document = `{"_id":"` + commentID + `","message":[{"type":"paragraph","children":[{"text":"x"}]}],"owner_id":"p","entity":"person",` +
		`"_created_at":"2026-01-02T03:04:05Z","_created_by":"user_1","_updated_at":null,"_updated_by":null,"_event_id":7,"reactions":[1.50]}`
	f := responding(t, 200, document)
	comment, err := f.client(t).Comment(t.Context(), commentID)
	if err != nil {
		t.Fatal(err)
	}
	want := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if !comment.CreatedAt.Equal(want) {
		t.Errorf("%+v", comment)
	}
	wantEqual(t, "comment.CreatedBy", comment.CreatedBy, "user_1")
	sameJSON(t, encoded(t, comment), document)
	for _, message := range []string{`"text"`, `["text"]`, `[null]`, `null`, `{"text":[]}`} {
		var odd clarify.Comment
		document := `{"_id":"x","message":` + message + `}`
		if err := json.Unmarshal([]byte(document), &odd); err != nil {
			t.Errorf("%s: %v", message, err)
		}
		if odd.Message != nil {
			t.Errorf("%s is the message %v", message, odd.Message)
		}
		sameJSON(t, encoded(t, odd), document)
	}
}

func TestACommentThatCannotWorkSendsNothing(t *testing.T) {
	f := responding(t, 201, `{}`)
	client := f.client(t)
	text := clarify.Text("x")
	about := clarify.Ref{Type: "deal", ID: "d"}
	add := func(about clarify.Ref, opts ...clarify.CommentOption) error {
		_, err := client.AddComment(t.Context(), about, text, opts...)
		return err
	}
	_, noMessage := client.AddComment(t.Context(), about, nil)
	_, noEdit := client.EditComment(t.Context(), commentID, nil)
	_, notSilent := client.EditComment(t.Context(), commentID, text, clarify.MatchOn("x"))
	_, noID := client.EditComment(t.Context(), "", text)
	_, climbs := client.Comment(t.Context(), "..")
	for _, test := range []struct {
		err  error
		want string
	}{
		{add(clarify.Ref{ID: "d"}), "has no type"},
		{add(clarify.Ref{Type: "deal"}), "has no id"},
		{noMessage, "the message is empty"},
		{noEdit, "the message is empty"},
		{add(about, nil), "nil option"},
		{add(about, clarify.WriteOption(nil)), "nil option"},
		{add(about, clarify.MatchOn("name")), "only Silent is for a comment"},
		{add(about, clarify.Append("name")), "only Silent is for a comment"},
		{add(about, clarify.CommentID("7")), `"7"`},
		{add(about, clarify.CommentID("2f4d6b8a-0c1e-4a3b-95d7-e9f1a2b3c40g")), "UUID"},
		{add(about, clarify.CommentID("2f4d6b8a00c1e-4a3b-95d7-e9f1a2b3c407")), "UUID"},
		{notSilent, "only Silent"},
		{noID, "empty"},
		{climbs, `".."`},
		{client.RemoveComment(t.Context(), commentID, clarify.Replace("x")), "only Silent"},
	} {
		wantNotSent(t, f, test.err, test.want)
	}
}

func TestAResponseThatIsNoCommentIsAnUnknownOutcome(t *testing.T) {
	for _, body := range []string{``, `null`, `[]`, `{}`, `{"message":[]}`} {
		f := responding(t, 201, body)
		_, err := f.client(t).AddComment(t.Context(), clarify.Ref{Type: "deal", ID: "d"}, clarify.Text("x"))
		if !errors.Is(err, clarify.ErrOutcomeUnknown) {
			t.Errorf("%q: %v", body, err)
		}
	}
}

// Without an id nobody can tell whether a comment was added; with one it is
// looked for.
func TestACommentWhoseResponseIsLostIsLookedFor(t *testing.T) {
	for _, test := range []struct {
		name  string
		fault clarifytest.Fault
		opts  []clarify.CommentOption
		found bool
	}{
		{"without an id", clarifytest.ResetAfterWork(), nil, false},
		{"added", clarifytest.ResetAfterWork(), []clarify.CommentOption{clarify.CommentID(commentID)}, true},
		{"added after 502", clarifytest.Status(502).AfterWork(), []clarify.CommentOption{clarify.CommentID(commentID)}, true},
		{"not added", clarifytest.ResetBeforeWork(), []clarify.CommentOption{clarify.CommentID(commentID)}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			client, s := sandbox(t)
			about := commented(t, client)
			s.Inject(test.fault, clarifytest.Operation("createComment"))
			comment, err := client.AddComment(t.Context(), about, clarify.Text("Called back."), test.opts...)
			if test.found && (err != nil || comment.ID != commentID || comment.About() != about) {
				t.Errorf("%+v, %v", comment, err)
			}
			if !test.found && (comment != nil || !errors.Is(err, clarify.ErrOutcomeUnknown)) {
				t.Errorf("%+v, %v", comment, err)
			}
			sent := 0
			for _, r := range s.Requests() {
				if r.Operation == "createComment" {
					sent++
				}
			}
			if sent != 1 {
				t.Errorf("%d comments were sent", sent)
			}
		})
	}
}

// What the API is still at when the connection breaks comes later than the first
// look.
func TestACommentThatComesLateIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				hangUp(w)
				return
			}
			if looks++; looks < 3 {
				respond(w, 404, `{"errors":[{"status":"404","detail":"There is none."}]}`)
				return
			}
			respond(w, 200, `{"_id":"`+commentID+`","message":[],"entity":"deal","owner_id":"d"}`)
		})
		client := s.connect(t)
		deal := clarify.Ref{Type: "deal", ID: "d"}
		comment, err := client.AddComment(t.Context(), deal, clarify.Text("x"), clarify.CommentID(commentID))
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, "comment.ID", comment.ID, commentID)
		wantEqual(t, "looks", looks, 3)
		looks = -1000
		_, err = client.AddComment(t.Context(), deal, clarify.Text("x"), clarify.CommentID(commentID))
		wantIs(t, err, clarify.ErrOutcomeUnknown, true)
		wantEqual(t, "looks", looks, -1000+4)
		ctx, cancel := context.WithCancel(t.Context())
		looks = -1000
		time.AfterFunc(time.Millisecond, cancel)
		_, err = client.AddComment(ctx, deal, clarify.Text("x"), clarify.CommentID(commentID))
		wantIs(t, err, clarify.ErrOutcomeUnknown, true)
		if looks > -1000+1 {
			t.Errorf("%v after %d looks", err, looks+1000)
		}
	})
}

func TestSomebodyElsesCommentStays(t *testing.T) {
	client, s := sandbox(t)
	about := commented(t, client)
	comment, err := client.AddComment(t.Context(), about, clarify.Text("Mine."))
	if err != nil {
		t.Fatal(err)
	}
	other := s.AddUser(s.Workspace, clarifytest.User{})
	stranger := clientOf(t, s.BaseURL, other.APIKey)
	if _, err := stranger.EditComment(t.Context(), comment.ID, clarify.Text("Yours.")); !errors.Is(err, clarify.ErrForbidden) {
		t.Errorf("edited: %v", err)
	}
	if err := stranger.RemoveComment(t.Context(), comment.ID); !errors.Is(err, clarify.ErrForbidden) {
		t.Errorf("removed: %v", err)
	}
	_, err = client.AddComment(t.Context(), clarify.Ref{Type: "person", ID: "nobody"}, clarify.Text("x"))
	if !errors.Is(err, clarify.ErrInvalid) {
		t.Errorf("on nobody: %v", err)
	}
}

func TestACommentThatIsGoneAfterALostResponseIsRemoved(t *testing.T) {
	s := clarifytest.NewServer(clarifytest.WithTB(t))
	client := clientOf(t, s.BaseURL, s.APIKey, clarify.WithRetries(1))
	comment, err := client.AddComment(t.Context(), commented(t, client), clarify.Text("x"))
	if err != nil {
		t.Fatal(err)
	}
	s.Inject(clarifytest.Status(502).AfterWork(), clarifytest.Operation("deleteComment"), clarifytest.Times(1))
	if err := client.RemoveComment(t.Context(), comment.ID); err != nil {
		t.Error(err)
	}
}
