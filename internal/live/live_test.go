package live_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/live"
)

// connect starts a server and returns a client of it.
func connect(t *testing.T, o live.Options) (*live.Server, *clarify.Client) {
	t.Helper()
	s := live.NewServer(o)
	t.Cleanup(s.Close)
	client, err := clarify.New(live.Workspace, authn.APIKey(live.Key), clarify.WithBaseURL(s.BaseURL()), clarify.WithHTTPClient(s.Client()), clarify.WithRetries(0))
	if err != nil {
		t.Fatal(err)
	}
	return s, client
}

// variants are the forms in which the live API may respond.
var variants = map[string]live.Options{
	"links over http":              {},
	"no links":                     {NoLinks: true},
	"total_pages, bodies, linkage": {TotalPages: true, Bodies: true, FullLists: true},
	"all on one page":              {PageSize: 500},
}

func TestEveryRecordIsRead(t *testing.T) {
	for name, o := range variants {
		for _, opts := range [][]clarify.QueryOption{nil, {clarify.Concurrency(4)}, {clarify.Stable()}, {clarify.OrderBy("_created_at", clarify.Ascending)}} {
			t.Run(fmt.Sprint(name, len(opts)), func(t *testing.T) {
				_, client := connect(t, o)
				var ids []string
				for person, err := range clarify.People(client).All(t.Context(), opts...) {
					if err != nil {
						t.Fatal(err)
					}
					ids = append(ids, person.ID[len(person.ID)-1:])
				}
				if got := strings.Join(ids, ""); got != "12345" {
					t.Errorf("got the people %s, want 12345", got)
				}
			})
		}
	}
}

func TestEverySchemaIsRead(t *testing.T) {
	_, client := connect(t, live.Options{})
	var names []string
	for schema, err := range client.Schemas(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, schema.ID[strings.LastIndex(schema.ID, "schemas/")+len("schemas/"):])
	}
	want := []string{
		"core/person", "entities/person", "core/personName", "entities/deal", "core/collectionOfStrings", "core/collectionOfEmails",
		"core/collectionOfIds", "entities/company", "entities/meeting", "entities/task", "entities/c_project", "entities/meeting_recording", "entities/user",
	}
	if !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
}

func TestUsersWhoseTimesAreNoTimesAreRead(t *testing.T) {
	for name, o := range variants {
		t.Run(name, func(t *testing.T) {
			_, client := connect(t, o)
			var ids []string
			for user, err := range client.Users(t.Context()) {
				if err != nil {
					t.Fatal(err)
				}
				ids = append(ids, user.ID)
				if user.ID != "google-oauth2|106299999" {
					continue
				}
				b, err := json.Marshal(user)
				if err != nil {
					t.Fatal(err)
				}
				var again gen.User
				if err := json.Unmarshal(b, &again); err != nil {
					t.Fatal(err)
				}
				for _, want := range []string{`"_created_at":{}`, `"last_active_at":{}`} {
					if !strings.Contains(string(b), want) {
						t.Errorf("a time that is {} is not kept: %s, want %s in it", b, want)
					}
				}
			}
			if want := []string{"user_01HQ2Z", "google-oauth2|106299999", "user_01HQ30"}; !slices.Equal(ids, want) {
				t.Errorf("got %v, want %v", ids, want)
			}
		})
	}
}

func TestDeletesWithoutABodySucceed(t *testing.T) {
	for name, o := range variants {
		t.Run(name, func(t *testing.T) {
			_, client := connect(t, o)
			ctx := t.Context()
			meetings := clarify.Meetings(client)
			const meeting = "0b6b2a56-6e4e-4a0f-9f0a-000000000401"
			person := clarify.Ref{Type: "person", ID: "0b6b2a56-6e4e-4a0f-9f0a-000000000001"}
			if err := meetings.Unlink(ctx, meeting, "people", person); err != nil {
				t.Errorf("Unlink: %v", err)
			}
			if !o.Bodies {
				if _, err := client.DisableRecordingWithResponse(ctx, meeting, nil); err != nil {
					t.Errorf("DisableRecording: %v", err)
				}
			}
			if err := meetings.Delete(ctx, meeting); err != nil {
				t.Errorf("Delete: %v", err)
			}
			if _, err := meetings.Get(ctx, meeting); !errors.Is(err, clarify.ErrNotFound) {
				t.Errorf("after the deletion: got %v, want ErrNotFound", err)
			}
		})
	}
}

func TestWhatIncludeTakesIsProperties(t *testing.T) {
	_, client := connect(t, live.Options{PageSize: 500})
	for name, ok := range map[string]bool{"company_id": true, "deals": true, "tasks": true, "company": false, "companies": false} {
		var err error
		included := 0
		for page, e := range clarify.People(client).Pages(t.Context(), clarify.Include(name)) {
			if err = e; err != nil {
				break
			}
			included += len(page.Included)
		}
		if ok && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !ok && !errors.Is(err, clarify.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
		if want := name == "company_id" || name == "deals"; want != (included > 0) {
			t.Errorf("%s: %d records are included", name, included)
		}
	}
}

func TestFiltersThatWork(t *testing.T) {
	_, client := connect(t, live.Options{})
	ctx := t.Context()
	count := func(n int, err error) int {
		if err != nil {
			t.Error(err)
		}
		return n
	}
	if n := count(number(ctx, clarify.Tasks(client), clarify.Where("deal_id", clarify.Is, "0b6b2a56-6e4e-4a0f-9f0a-000000000201"))); n != 1 {
		t.Errorf("got %d tasks of the deal, want 1", n)
	}
	if n := count(number(ctx, clarify.People(client), clarify.Where("email_addresses", clarify.Contains, "ada@acme.example"))); n != 3 {
		t.Errorf("got %d people whose email contains it, want 3", n)
	}
	if n := count(number(ctx, clarify.Meetings(client),
		clarify.Where("start", clarify.IsOnOrAfter, "2026-06-10T00:00:00.000Z"),
		clarify.Where("start", clarify.IsOnOrBefore, "2026-06-10T23:59:59.000Z"))); n != 1 {
		t.Errorf("got %d meetings of the day, want 1", n)
	}
}

func number[T any](ctx context.Context, r *clarify.Records[T], opts ...clarify.QueryOption) (n int, err error) {
	for _, err := range r.All(ctx, opts...) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func TestObjectsWithoutRecordsAreNotFound(t *testing.T) {
	_, client := connect(t, live.Options{})
	_, err := number(t.Context(), clarify.NewRecords[json.RawMessage](client, "meeting_recording"))
	if !errors.Is(err, clarify.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

func TestARecordOfACustomObjectIsUpdated(t *testing.T) {
	_, client := connect(t, live.Options{})
	projects := clarify.NewRecords[clarify.Fields](client, "c_project")
	updated, err := projects.Update(t.Context(), "0b6b2a56-6e4e-4a0f-9f0a-000000000501", clarify.Fields{"end": "2027-01-31"})
	if err != nil {
		t.Fatal(err)
	}
	if updated.Attributes["end"] != "2027-01-31" {
		t.Errorf("got %v", updated.Attributes)
	}
}
