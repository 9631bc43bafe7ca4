package clarify_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/gen"
)

func TestEveryFormOfAnErrorIsParsed(t *testing.T) {
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
			[]clarify.ErrorObject{{Detail: "got an HTML page, which comes from a gateway and not from the API"}}, nil, "500 Internal Server Error: got an HTML page",
		},
		{"plain text", 500, "text/plain", "upstream\nfailed", []clarify.ErrorObject{{Detail: "upstream failed"}}, nil, "500 Internal Server Error: upstream failed"},
		{"nothing", 404, "", "", nil, clarify.ErrNotFound, "404 Not Found (check the id"},
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
			e := asError(t, err)
			if !slices.Equal(e.Errors, tt.want) {
				t.Errorf("errors %+v, want %+v", e.Errors, tt.want)
			}
			wantEqual(t, "StatusCode", e.StatusCode, tt.status)
			wantEqual(t, "Method", e.Method, "GET")
			wantEqual(t, "Path", e.Path, "/v1/workspaces/acme/objects/person/resources")
			wantEqual(t, "Operation", e.Operation, "getResources")
			wantEqual(t, "RequestID", e.RequestID, "req-7")
			wantEqual(t, "Body", string(e.Body), tt.body)
			wantEqual(t, "Attempts", e.Attempts, 1)
			if tt.is != nil {
				wantIs(t, err, tt.is, true)
			}
			mentions(t, err, tt.text)
			lacks(t, err.Error(), "\n")
			lacks(t, err.Error(), "in-the-query")
		})
	}
}

func TestSentinelsMatchTheirStatuses(t *testing.T) {
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
				t.Errorf("errors.Is of status %d and %q is not %t", status, sentinel, want)
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
		{"a key that is rejected", authn.APIKey(testKey), 401, "", "read", []string{"sent as api-key", `"Bearer TOKEN" for an OAuth access token`, "revoked"}},
		{"a token that is rejected", authn.Bearer(testKey), 401, "", "read", []string{"sent as Bearer", `"api-key KEY" for an API key`, "expired"}},
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
				mentions(t, err, want)
			}
			lacks(t, fmt.Sprint(err), testKey)
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
				e := asError(t, err)
				wantEqual(t, "StatusCode", e.StatusCode, 200)
				wantEqual(t, "Body", string(e.Body), tt.body)
				if e.Operation == "" {
					t.Error("Operation is empty")
				}
				if e.Method == "" {
					t.Error("Method is empty")
				}
				wantIs(t, err, clarify.ErrOutcomeUnknown, call == "create")
				wantEqual(t, "requests", len(server.requests()), 1)
			})
		}
	}
}

// The parts of an error document that fit are read.
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
		e := asError(t, calls["read"](t.Context(), server.connect(t)))
		if !slices.Contains(e.Errors, want) {
			t.Errorf("%s: errors %+v, want %+v among them", body, e.Errors, want)
		}
	}
}
