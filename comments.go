package clarify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/httpx"
)

// Comment is a comment on a record. Its JSON is that of the API.
type Comment struct {
	System

	Message []gen.RichTextBlock // "message"; PlainText(Message) is its text
	Object  string              // "entity": the object of the record it is about
	Record  string              // "owner_id": the id of that record

	// Extra holds the other members, and what the fields cannot express.
	Extra Fields
}

// MarshalJSON encodes the comment.
func (c Comment) MarshalJSON() ([]byte, error) { return MarshalAttributes(&c) }

// UnmarshalJSON decodes a comment.
func (c *Comment) UnmarshalJSON(b []byte) error { return UnmarshalAttributes(b, c) }

// AttributeAt returns a field for decoding and encoding. See [TypedAttributes].
func (c *Comment) AttributeAt(i int) Attribute {
	switch i {
	case 0:
		return blocksAttribute("message", &c.Message)
	case 1:
		return TextAttribute("entity", &c.Object)
	case 2:
		return TextAttribute("owner_id", &c.Record)
	}
	return ExtraAttributes(&c.Extra)
}

// About returns the record that the comment is about.
func (c *Comment) About() Ref { return Ref{Type: c.Object, ID: c.Record} }

// A CommentOption changes a call of [Client.AddComment]. [CommentID] returns one,
// and so does [Silent]; other options of a write are an error.
type CommentOption interface {
	forComment(*gen.NewComment) (silent bool, err error)
}

type commentOption func(*gen.NewComment) error

func (f commentOption) forComment(c *gen.NewComment) (bool, error) { return false, f(c) }

func (f WriteOption) forComment(*gen.NewComment) (bool, error) { return onlySilent("a comment", f) }

// CommentID sets the id of a new comment, a new UUID. With it [Client.AddComment] can
// tell after a lost response whether the comment was added, and a program that restarts
// can find the comment with [Client.Comment].
func CommentID(id string) CommentOption {
	return commentOption(func(c *gen.NewComment) error {
		if !isUUID(id) {
			return fmt.Errorf("clarify: CommentID: invalid id %q: must be a UUID such as 2f4d6b8a-0c1e-4a3b-95d7-e9f1a2b3c407", id)
		}
		c.ID = &id
		return nil
	})
}

// AddComment adds a comment to a record of any object and returns it:
//
//	client.AddComment(ctx, clarify.Ref{Type: "person", ID: id}, clarify.Text("Called back."))
//
// The message is rich text with at least one block; [Text] makes it from a string. It
// takes [Silent] and [CommentID].
//
// Comments are written by users. With a Workspace key, which has no user, the error may
// match [ErrForbidden]. If the record does not exist, it matches [ErrInvalid].
//
// If no response tells whether the comment was added, the error matches
// [ErrOutcomeUnknown], and another call may add it twice. With CommentID, AddComment
// looks for it first, as often as [WithRetries] allows, and returns it if found.
func (c *Client) AddComment(ctx context.Context, about Ref, message []gen.RichTextBlock, opts ...CommentOption) (*Comment, error) {
	added := gen.NewComment{Entity: about.Type, OwnerID: about.ID, Message: message}
	silent := false
	for _, opt := range opts {
		if opt == nil {
			return nil, errNilOption
		}
		s, err := opt.forComment(&added)
		if err != nil {
			return nil, err
		}
		silent = silent || s
	}
	switch {
	case about.Type == "":
		return nil, errors.New("clarify: the record to comment on has no type: must be its object, such as deal")
	case about.ID == "":
		return nil, errors.New("clarify: the record to comment on has no id")
	case len(message) == 0:
		return nil, errNoMessage
	}
	body, err := encode(added)
	if err != nil {
		return nil, fmt.Errorf("clarify: cannot encode the message: %w", err)
	}
	rsp, err := c.CreateCommentWithBody(ctx, &gen.CreateCommentParams{Silent: silence(silent)}, jsonType, bytes.NewReader(body))
	comment, err := readComment("createComment", rsp, err)
	if err == nil || added.ID == nil || !errors.Is(err, ErrOutcomeUnknown) {
		return comment, err
	}
	found := c.lookAgain(ctx, func() (found bool) {
		comment, _ = c.Comment(ctx, *added.ID)
		return comment != nil
	})
	if !found {
		return nil, err
	}
	return comment, nil
}

var errNoMessage = errors.New("clarify: the message is empty: must be rich text, such as Text(s)")

// Comment reads a comment. One that does not exist is an error that matches
// [ErrNotFound]. The API has no operation that lists a record's comments;
// [Client.Activities] lists them.
func (c *Client) Comment(ctx context.Context, id string) (*Comment, error) {
	rsp, err := c.GetComment(ctx, id)
	return readComment("getComment", rsp, err)
}

// EditComment replaces the message of a comment and returns the comment. It takes
// [Silent]. Somebody else's comment is an error that matches [ErrForbidden].
//
// If no response tells whether it was changed, the error matches
// [ErrOutcomeUnknown]. It is safe to call EditComment again.
func (c *Client) EditComment(ctx context.Context, id string, message []gen.RichTextBlock, opts ...WriteOption) (*Comment, error) {
	silent, err := onlySilent("a comment", opts...)
	if err != nil {
		return nil, err
	}
	if len(message) == 0 {
		return nil, errNoMessage
	}
	body, err := encode(gen.CommentUpdate{Message: message})
	if err != nil {
		return nil, fmt.Errorf("clarify: cannot encode the message: %w", err)
	}
	rsp, err := c.UpdateCommentWithBody(ctx, id, &gen.UpdateCommentParams{Silent: silence(silent)}, jsonType, bytes.NewReader(body))
	return readComment("updateComment", rsp, err)
}

// RemoveComment deletes a comment. It takes [Silent]. Somebody else's comment is an
// error that matches [ErrForbidden], and one that does not exist [ErrNotFound], unless
// an earlier attempt of the call may have deleted it.
func (c *Client) RemoveComment(ctx context.Context, id string, opts ...WriteOption) error {
	silent, err := onlySilent("a comment", opts...)
	if err != nil {
		return err
	}
	rsp, err := c.DeleteComment(ctx, id, &gen.DeleteCommentParams{Silent: silence(silent)})
	if goneBefore(err) {
		return nil
	}
	return finish(rsp, err)
}

func readComment(operation string, rsp *http.Response, err error) (*Comment, error) {
	if err != nil {
		return nil, err
	}
	comment := &Comment{}
	if err := readResponse(rsp, comment); err != nil {
		return nil, responseError(operation, rsp, err)
	}
	if comment.ID == "" {
		return nil, responseError(operation, rsp, errors.New("_id is missing"))
	}
	return comment, nil
}

// onlySilent reads the options of a call that takes only Silent. what names its object
// in errors.
func onlySilent(what string, opts ...WriteOption) (bool, error) {
	w, err := readWriting(opts, false)
	if err == nil && (w.matchOn != "" || len(w.strategies) > 0 || w.checkedBy != nil) {
		err = fmt.Errorf("clarify: invalid option: only Silent is for %s, the others are for records", what)
	}
	if err != nil {
		return false, err
	}
	return w.silent, nil
}

// lookAgain looks for what a write with an unknown outcome may have created, and reports
// whether it was found. The API may still be at work, so it looks as often as there are
// attempts, with a wait before each.
func (c *Client) lookAgain(ctx context.Context, find func() (found bool)) bool {
	for attempt := 1; attempt <= c.retriesIn(ctx)+1; attempt++ {
		if httpx.Sleep(ctx, fullJitter(attempt)) != nil {
			return false
		}
		if find() {
			return true
		}
	}
	return false
}

// isUUID reports whether an id has the form of a UUID (RFC 9562).
func isUUID(id string) bool {
	if len(id) != 36 {
		return false
	}
	for i := range len(id) {
		hyphen := i == 8 || i == 13 || i == 18 || i == 23
		if hyphen && id[i] != '-' || !hyphen && !strings.ContainsRune("0123456789abcdefABCDEF", rune(id[i])) {
			return false
		}
	}
	return true
}
