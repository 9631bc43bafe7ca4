package clarify_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
)

// callOperation calls an operation with "x" for each path parameter.
func callOperation(ctx context.Context, client *clarify.Client, op gen.Operation) (response reflect.Value, err error) {
	method := reflect.ValueOf(client).MethodByName(op.Name + "WithBodyWithResponse")
	if !method.IsValid() {
		method = reflect.ValueOf(client).MethodByName(op.Name + "WithResponse")
	}
	in := []reflect.Value{reflect.ValueOf(ctx)}
	for i := 1; i < method.Type().NumIn()-1; i++ {
		switch t := method.Type().In(i); {
		case t.Kind() == reflect.String:
			in = append(in, reflect.ValueOf("x").Convert(t))
		case t == reflect.TypeFor[io.Reader]():
			in = append(in, reflect.ValueOf(strings.NewReader("{}")))
		default:
			in = append(in, reflect.Zero(t))
		}
	}
	out := method.Call(in)
	err, _ = out[1].Interface().(error)
	return out[0], err
}

// live-api.md, R5.
func TestASuccessMayLackABodyWhereThereIsNothingToRead(t *testing.T) {
	for _, tt := range []struct {
		status      int
		contentType string
		body        string
	}{
		{http.StatusNoContent, "", ""},
		{http.StatusOK, "", ""},
		{http.StatusOK, "application/json", ""},
		{http.StatusAccepted, "application/json; charset=utf-8", ""},
		{http.StatusOK, "text/plain", "\n"},
	} {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Content-Type"] = nil
			if tt.contentType != "" {
				w.Header().Set("Content-Type", tt.contentType)
			}
			w.WriteHeader(tt.status)
			_, _ = io.WriteString(w, tt.body)
		})
		client := server.connect(t)
		deletes := 0
		for _, op := range gen.Operations() {
			if op.Method == http.MethodDelete {
				deletes++
			}
			nothing := op.Method == http.MethodDelete || op.Unspecified || op.ContentType == ""
			res, err := callOperation(t.Context(), client, op)
			if (err == nil) != nothing {
				t.Errorf("%s, %d %q: %v", op.ID, tt.status, tt.contentType, err)
			}
			if err != nil {
				if op.ContentType == "application/json" {
					mentions(t, err, "no body")
				}
				continue
			}
			for i := range res.Elem().NumField() {
				field := res.Elem().Type().Field(i).Name
				if strings.HasPrefix(field, "JSON") && !res.Elem().Field(i).IsNil() {
					t.Errorf("%s: %s is set", op.ID, field)
				}
			}
		}
		if deletes < 10 {
			t.Errorf("%d operations delete, want 10 or more", deletes)
		}

		people, ctx := clarify.People(client), t.Context()
		for name, err := range map[string]error{
			"delete":      people.Delete(ctx, "a"),
			"delete many": people.Delete(ctx, "a", "b"),
			"link":        people.Link(ctx, "a", "deals", clarify.Ref{Type: "deal", ID: "d"}),
			"unlink":      people.Unlink(ctx, "a", "deals", clarify.Ref{Type: "deal", ID: "d"}),
			"merge":       people.Merge(ctx, "a", "b"),
		} {
			if err != nil {
				t.Errorf("%s, %d %q: %v", name, tt.status, tt.contentType, err)
			}
		}
		for result, err := range people.BulkDelete(ctx, slices.Values([]string{"a", "b"})) {
			if err := errors.Join(err, result.Err); err != nil {
				t.Errorf("bulk delete, %d %q: %v", tt.status, tt.contentType, err)
			}
		}
		// A record that the caller expects must be there.
		_, err := people.Get(ctx, "a")
		if err == nil {
			t.Error("Get accepts a response without a body")
		}
		wantIs(t, err, clarify.ErrOutcomeUnknown, false)
		_, err = people.Create(ctx, clarify.Person{})
		wantIs(t, err, clarify.ErrOutcomeUnknown, true)
	}
}

func TestTheResponseToADeletionMayBeAnyJSON(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { respond(w, 200, `{"anything":true}`) })
	if err := calls["delete"](t.Context(), server.connect(t)); err != nil {
		t.Errorf("%v", err)
	}
}
