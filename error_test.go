package clarify_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/gen"
)

func TestEveryFormOfAnErrorIsRead(t *testing.T) {
	for _, tt := range []struct {
		name        string
		status      int
		contentType string
		body        string
		want        []clarify.ErrorObject
		is          error
		text        string // is part of Error()
	}{
		{
			"JSON:API", 422, "application/json",
			`{"errors":[{"status":"422","title":"Unprocessable","detail":"must be an object","source":{"pointer":"/data/attributes/email_addresses"}},{"status":"422","detail":"is missing"}]}`,
			[]clarify.ErrorObject{
				{Status: "422", Title: "Unprocessable", Detail: "must be an object", Pointer: "/data/attributes/email_addresses"},
				{Status: "422", Detail: "is missing"},
			},
			clarify.ErrInvalid,
			"422 Unprocessable Entity: must be an object at /data/attributes/email_addresses; is missing",
		},
		{
			"JSON:API with a status that is a number", 400, "application/vnd.api+json", `{"errors":[{"status":400,"detail":"no"}]}`,
			[]clarify.ErrorObject{{Status: "400", Detail: "no"}}, clarify.ErrInvalid, "400 Bad Request: no",
		},
		{
			"the framework's with a message", 403, "application/json", `{"statusCode":403,"message":"Forbidden resource","error":"Forbidden"}`,
			[]clarify.ErrorObject{{Status: "403", Title: "Forbidden", Detail: "Forbidden resource"}}, clarify.ErrForbidden, "403 Forbidden: Forbidden resource",
		},
		{
			"the framework's with messages", 400, "application/json", `{"statusCode":400,"message":["a is wrong","b is wrong"],"error":"Bad Request"}`,
			[]clarify.ErrorObject{{Status: "400", Title: "Bad Request", Detail: "a is wrong"}, {Status: "400", Title: "Bad Request", Detail: "b is wrong"}},
			clarify.ErrInvalid, "a is wrong; b is wrong",
		},
		{
			"the framework's without a message", 409, "application/json", `{"statusCode":409,"error":"Conflict"}`,
			[]clarify.ErrorObject{{Status: "409", Title: "Conflict"}}, clarify.ErrConflict, "409 Conflict: Conflict",
		},
		{
			"a gateway's page", 500, "text/html", "<html>\n<head><title>500</title></head></html>",
			[]clarify.ErrorObject{{Detail: "a page of HTML was answered, as by a gateway and not by the API"}}, nil, "500 Internal Server Error: a page of HTML",
		},
		{"plain text", 500, "text/plain", "upstream\nfailed", []clarify.ErrorObject{{Detail: "upstream failed"}}, nil, "500 Internal Server Error: upstream failed"},
		{"nothing", 404, "", "", nil, clarify.ErrNotFound, "404 Not Found (besides the id"},
		{"broken JSON", 500, "application/json", `{"errors":[`, []clarify.ErrorObject{{Detail: `{"errors":[`}}, nil, "500"},
		{"JSON that says nothing", 500, "application/json", `{}`, nil, nil, "500 Internal Server Error"},
		{"JSON of another form", 500, "application/json", `["no"]`, []clarify.ErrorObject{{Detail: `["no"]`}}, nil, "500"},
		{"an unknown status", 599, "application/json", `{}`, nil, nil, ": 599"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				respond(w, tt.status, tt.body, "Content-Type", tt.contentType, "X-Request-Id", "req-7")
			})
			client := server.connect(t, clarify.WithRetries(0))
			_, err := client.GetResourcesWithResponse(t.Context(), "person", &gen.GetResourcesParams{Include: ptr("in-the-query")})
			var e *clarify.Error
			if !errors.As(err, &e) {
				t.Fatalf("%T %v", err, err)
			}
			if fmt.Sprint(e.Errors) != fmt.Sprint(tt.want) {
				t.Errorf("errors %+v, want %+v", e.Errors, tt.want)
			}
			if e.StatusCode != tt.status || e.Method != "GET" || e.Path != "/v1/workspaces/acme/objects/person/resources" ||
				e.Operation != "getResources" || e.RequestID != "req-7" || string(e.Body) != tt.body || e.Attempts != 1 {
				t.Errorf("%d %s %s %s %s %q %d", e.StatusCode, e.Method, e.Path, e.Operation, e.RequestID, e.Body, e.Attempts)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("%v is not %v", err, tt.is)
			}
			if got := err.Error(); !strings.Contains(got, tt.text) || strings.Contains(got, "\n") || strings.Contains(got, "in-the-query") {
				t.Errorf("%q, want one line with %q", got, tt.text)
			}
		})
	}
}

func TestSentinelsAreTheirStatuses(t *testing.T) {
	sentinels := map[error][]int{
		clarify.ErrUnauthorized:   {401},
		clarify.ErrForbidden:      {403},
		clarify.ErrNotFound:       {404},
		clarify.ErrConflict:       {409},
		clarify.ErrInvalid:        {400, 422},
		clarify.ErrRateLimited:    {429},
		clarify.ErrOutcomeUnknown: nil,
	}
	for status := 300; status < 600; status++ {
		err := error(&clarify.Error{StatusCode: status})
		for sentinel, statuses := range sentinels {
			want := false
			for _, s := range statuses {
				want = want || s == status
			}
			if errors.Is(fmt.Errorf("wrapped: %w", err), sentinel) != want {
				t.Errorf("that %d is %v should be %v", status, sentinel, want)
			}
		}
	}
}

func TestAdviceFitsTheMistake(t *testing.T) {
	for _, tt := range []struct {
		name   string
		auth   authn.RequestEditorFn
		status int
		body   string
		call   string
		want   []string
	}{
		{"a key that is refused", authn.APIKey(testKey), 401, "", "read", []string{"sent as api-key", `"Bearer TOKEN" for an OAuth access token`, "revoked"}},
		{"a token that is refused", authn.Bearer(testKey), 401, "", "read", []string{"sent as Bearer", `"api-key KEY" for an API key`, "expired"}},
		{"nothing to authenticate with", func(context.Context, *http.Request) error { return nil }, 401, "", "read", []string{"no credential was sent"}},
		{"an unknown id", authn.APIKey(testKey), 404, "", "delete", []string{"object's name", "workspace", "/v1"}},
		{"a duplicate", authn.APIKey(testKey), 400, `{"errors":[{"detail":"A record with this email already exists"}]}`, "create", []string{"MatchOn"}},
		{"a conflict", authn.APIKey(testKey), 409, "", "create", []string{"changing the schema"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := serve(t, func(w http.ResponseWriter, r *http.Request) { respond(w, tt.status, tt.body) })
			client, err := clarify.New("acme", tt.auth, clarify.WithBaseURL(testURL), clarify.WithHTTPClient(server.client))
			if err != nil {
				t.Fatal(err)
			}
			err = calls[tt.call](t.Context(), client)
			for _, want := range tt.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%v\nhas no %q", err, want)
				}
			}
			if strings.Contains(fmt.Sprint(err), testKey) {
				t.Errorf("%v shows the credential", err)
			}
		})
	}
}

func TestASuccessThatIsNotWhatTheContractSaysIsAnError(t *testing.T) {
	for name, tt := range map[string]struct{ contentType, body string }{
		"no body":         {"application/json", ""},
		"HTML":            {"text/html", "<html></html>"},
		"broken JSON":     {"application/json", `{"data":`},
		"another type":    {"application/json", `{"data":[1]}`},
		"no content type": {"", "hello"},
	} {
		for _, call := range []string{"read", "create"} {
			t.Run(name+"/"+call, func(t *testing.T) {
				server := serve(t, func(w http.ResponseWriter, r *http.Request) {
					w.Header()["Content-Type"] = nil
					respond(w, 200, tt.body, "Content-Type", tt.contentType)
				})
				err := calls[call](t.Context(), server.connect(t))
				var e *clarify.Error
				if !errors.As(err, &e) || e.StatusCode != 200 || e.Operation == "" || e.Method == "" || string(e.Body) != tt.body {
					t.Fatalf("%#v", err)
				}
				if errors.Is(err, clarify.ErrOutcomeUnknown) != (call == "create") {
					t.Errorf("%v", err)
				}
				if n := len(server.requests()); n != 1 {
					t.Errorf("%d requests arrived", n)
				}
			})
		}
	}
}

// What fits of an error document is read.
func TestAnErrorDocumentThatIsOddIsStillRead(t *testing.T) {
	for body, want := range map[string]clarify.ErrorObject{
		`{"errors":[{"status":422,"title":7,"detail":"No","source":{"pointer":"/a"}}]}`:  {Status: "422", Detail: "No", Pointer: "/a"},
		`{"errors":[{"status":"422","detail":"No","source":"/a"}],"message":{"code":1}}`: {Status: "422", Detail: "No"},
		`{"errors":{"a":"b"},"statusCode":422,"message":"No","error":{"code":1}}`:        {Status: "422", Detail: "No"},
		`{"errors":[null,5,{"detail":"No"}]}`:                                            {Detail: "No"},
		`{"errors":"No"}`:                                                                {Detail: `{"errors":"No"}`},
	} {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			respond(w, 422, body, "Content-Type", "application/json")
		})
		var e *clarify.Error
		if err := calls["read"](t.Context(), server.connect(t)); !errors.As(err, &e) || !slices.Contains(e.Errors, want) {
			t.Errorf("%s: %v, %+v, want %+v", body, err, e.Errors, want)
		}
	}
}
