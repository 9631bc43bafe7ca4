package contract_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/clarify-go/clarify/gen"
)

func TestOperationsAreTheContracts(t *testing.T) {
	known := map[string]gen.Operation{}
	for _, op := range gen.Operations() {
		known[op.ID] = op
	}
	count := 0
	operations(t, document(t), func(t *testing.T, path, method string, op *openapi3.Operation) {
		count++
		got := known[op.OperationID]
		for _, part := range []struct{ name, got, want string }{
			{"method", got.Method, method}, {"path", got.Path, path}, {"summary", got.Summary, op.Summary}, {"tag", got.Tag, op.Tags[0]},
		} {
			if part.got != part.want {
				t.Errorf("%s %q, want %q", part.name, part.got, part.want)
			}
		}
		success := op.Responses.Status(got.Status)
		if success == nil {
			t.Fatalf("the contract has no response %d", got.Status)
		}
		if media := success.Value.Content[got.ContentType]; (media == nil) != (got.ContentType == "") {
			t.Errorf("content type %q", got.ContentType)
		}
		if unspecified := success.Ref == "#/components/responses/Done"; unspecified != got.Unspecified {
			t.Errorf("unspecified: %v", got.Unspecified)
		}
		if method := methods(t, op.OperationID)[0].Name; method[:len(got.Name)] != got.Name {
			t.Errorf("name %s of method %s", got.Name, method)
		}
	})
	if len(known) != count {
		t.Errorf("%d operations, the contract has %d", len(known), count)
	}
}

// responding returns a client of a server that always returns the same.
func responding(t *testing.T, status int, contentType, body string) *gen.ClientWithResponses {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	client, err := gen.NewClientWithResponses(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestResponsesAreDecodedByWhetherTheySucceeded(t *testing.T) {
	const record = `{"data":{"type":"person","id":"x","attributes":{}}}`
	const failure = `{"errors":[{"status":"422","detail":"no"}]}`
	for _, tt := range []struct {
		name        string
		status      int
		contentType string
		body        string
		success     bool
		failure     bool
	}{
		{"the documented status", 201, "application/json", record, true, false},
		{"another success", 200, "application/json; charset=utf-8", record, true, false},
		{"a failure", 422, "application/json", failure, false, true},
		{"a failure in JSON:API's media type", 422, "application/vnd.api+json", failure, false, true},
		{"a redirect", 307, "application/json", `{}`, false, true},
		{"a gateway's page", 502, "text/html", "<html>", false, false},
		{"no body", 201, "application/json", "", false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client := responding(t, tt.status, tt.contentType, tt.body)
			res, err := client.CreateRecordWithResponse(context.Background(), "person", nil, gen.CreateRecordRequest{})
			if err != nil {
				t.Fatal(err)
			}
			if got := res.JSON201 != nil; got != tt.success {
				t.Errorf("JSON201 is %+v, want one: %t", res.JSON201, tt.success)
			}
			if got := res.JSONDefault != nil; got != tt.failure {
				t.Errorf("JSONDefault is %+v, want one: %t", res.JSONDefault, tt.failure)
			}
			if res.StatusCode() != tt.status {
				t.Errorf("status %d, want %d", res.StatusCode(), tt.status)
			}
			if want := fmt.Sprintf("%d %s", tt.status, http.StatusText(tt.status)); res.Status() != want {
				t.Errorf("status line %q, want %q", res.Status(), want)
			}
			if string(res.Body) != tt.body {
				t.Errorf("body %q, want %q", res.Body, tt.body)
			}
		})
	}
}

func TestAResponseThatIsNotWhatTheContractSaysIsATypedError(t *testing.T) {
	for name, body := range map[string]string{
		"malformed":                           `{"data":`,
		"another type":                        `{"data":[]}`,
		"nothing":                             `{}`,
		"null":                                `null`,
		"no data":                             `{"data":null}`,
		"no id":                               `{"data":{"type":"user","attributes":{}}}`,
		"an id that is none":                  `{"data":{"type":"user","id":null,"attributes":{}}}`,
		"a failure that says it is a success": `{"errors":[{"status":"422","detail":"no"}]}`,
	} {
		client := responding(t, 200, "application/json", body)
		res, err := client.GetUserWithResponse(context.Background(), "x")
		var response *gen.ResponseError
		if !errors.As(err, &response) {
			t.Errorf("%s: error %v, want a gen.ResponseError", name, err)
		} else {
			if response.Operation != "getUser" {
				t.Errorf("%s: operation %q, want getUser", name, response.Operation)
			}
			if got := response.HTTPResponse.StatusCode; got != 200 {
				t.Errorf("%s: status %d, want 200", name, got)
			}
		}
		if res == nil || string(res.Body) != body {
			t.Errorf("%s: what was received is lost: %+v", name, res)
		}
	}
}

// An unusable item is named.
func TestAnUnusableItemIsATypedError(t *testing.T) {
	for item, want := range map[string]string{
		`null`:                     "data[1] is not an object",
		`"user"`:                   "data[1] is not an object",
		`[]`:                       "data[1] is not an object",
		`{"type":"user"}`:          "data[1] has no id",
		`{"id":null}`:              "data[1] has no id",
		`{"id":5,"attributes":{}}`: "data[1] has no id",
	} {
		client := responding(t, 200, "application/json", `{"links":{"next":null,"prev":null},"meta":{"total_records":2,"total_pages":1},"data":[{"id":"x"},`+item+`]}`)
		var response *gen.ResponseError
		if _, err := client.GetUsersWithResponse(context.Background(), nil); !errors.As(err, &response) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", item, err, want)
		}
	}
}

func TestANilContextIsAnError(t *testing.T) {
	client := responding(t, 200, "application/json", `{}`)
	//lint:ignore SA1012 it is what is tested
	if _, err := client.GetSchemasWithResponse(nil); err == nil {
		t.Error("a nil context is taken")
	}
}

func TestAResponseThatIsCutOffIsATypedError(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte(`{"data":`))
	}))
	defer server.Close()
	client, err := gen.NewClientWithResponses(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.GetUserWithResponse(context.Background(), "x")
	var response *gen.ResponseError
	if !errors.As(err, &response) {
		t.Errorf("error %v, want a gen.ResponseError", err)
	} else if got := response.HTTPResponse.StatusCode; got != 200 {
		t.Errorf("status %d, want 200", got)
	}
}
