package contract_test

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/clarify-go/clarify/internal/contract"
)

// document returns openapi.yaml, which is read once and never changed.
func document(t testing.TB) *openapi3.T {
	t.Helper()
	doc, err := readDocument()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

var readDocument = sync.OnceValues(func() (*openapi3.T, error) {
	return openapi3.NewLoader().LoadFromFile("../../openapi.yaml")
})

// operations calls f for each operation of the contract.
func operations(t *testing.T, doc *openapi3.T, f func(t *testing.T, path, method string, op *openapi3.Operation)) {
	t.Helper()
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			t.Run(op.OperationID, func(t *testing.T) { f(t, path, method, op) })
		}
	}
}

func TestDocumentIsValidOpenAPIWithValidExamples(t *testing.T) {
	err := document(t).Validate(context.Background(),
		openapi3.EnableExamplesValidation(),
		openapi3.EnableSchemaFormatValidation(),
	)
	if err != nil {
		t.Error(err)
	}
}

func TestEmbeddedDocumentIsTheOneInTheRepository(t *testing.T) {
	embedded, err := contract.Document()
	if err != nil {
		t.Fatal(err)
	}
	onDisk, err := json.Marshal(document(t))
	if err != nil {
		t.Fatal(err)
	}
	if !sameJSON(t, embedded, onDisk) {
		t.Error("internal/contract/spec.gen.go is not made from openapi.yaml as it is; run go generate ./...")
	}
}

func TestContractHasEveryOperation(t *testing.T) {
	count := 0
	seen := map[string]bool{}
	operations(t, document(t), func(t *testing.T, _, _ string, op *openapi3.Operation) {
		count++
		if seen[op.OperationID] {
			t.Errorf("operation id %s occurs twice", op.OperationID)
		}
		seen[op.OperationID] = true
	})
	if count != 76 {
		t.Errorf("the contract has %d operations, the API 76", count)
	}
}

func TestWorkspaceIsAVariableOfTheServer(t *testing.T) {
	doc := document(t)
	if len(doc.Servers) != 1 || doc.Servers[0].URL != "https://api.clarify.ai/v1/workspaces/{workspace}" {
		t.Errorf("servers: %+v", doc.Servers)
	}
	for path := range doc.Paths.Map() {
		if strings.Contains(path, "workspace") {
			t.Errorf("path %s repeats the workspace", path)
		}
	}
}

func TestEitherSchemeIsEnoughForEveryOperation(t *testing.T) {
	doc := document(t)
	if len(doc.Security) != 2 {
		t.Fatalf("%d security requirements, want 2: %v", len(doc.Security), doc.Security)
	}
	for i, scheme := range []string{"apiKey", "oauth2"} {
		if doc.Security[i][scheme] == nil {
			t.Errorf("security requirement %d is %v, want %s", i, doc.Security[i], scheme)
		}
	}
	operations(t, doc, func(t *testing.T, _, _ string, op *openapi3.Operation) {
		if op.Security != nil {
			t.Error("the operation has a security requirement of its own")
		}
	})
	key := doc.Components.SecuritySchemes["apiKey"].Value
	if key.Type != "apiKey" {
		t.Errorf("apiKey: type %q, want apiKey", key.Type)
	}
	if key.In != "header" {
		t.Errorf("apiKey: in %q, want header", key.In)
	}
	if key.Name != "Authorization" {
		t.Errorf("apiKey: name %q, want Authorization", key.Name)
	}
	if !strings.Contains(key.Description, "api-key ") {
		t.Errorf("apiKey: the description %q does not say how a key is sent", key.Description)
	}
	flow := doc.Components.SecuritySchemes["oauth2"].Value.Flows.AuthorizationCode
	if want := "https://auth1.clarify.ai/oauth2/authorize"; flow.AuthorizationURL != want {
		t.Errorf("oauth2: authorization URL %q, want %q", flow.AuthorizationURL, want)
	}
	if want := "https://auth1.clarify.ai/oauth2/token"; flow.TokenURL != want {
		t.Errorf("oauth2: token URL %q, want %q", flow.TokenURL, want)
	}
	if want := "https://auth1.clarify.ai/oauth2/token"; flow.RefreshURL != want {
		t.Errorf("oauth2: refresh URL %q, want %q", flow.RefreshURL, want)
	}
	var scopes []string
	for scope := range flow.Scopes {
		scopes = append(scopes, scope)
	}
	slices.Sort(scopes)
	if !slices.Equal(scopes, []string{"email", "offline_access", "openid", "profile"}) {
		t.Errorf("scopes: %v", scopes)
	}
}

func TestOperationsThatNeedAPersonalKeySaySo(t *testing.T) {
	operations(t, document(t), func(t *testing.T, path, _ string, op *openapi3.Operation) {
		says := strings.Contains(op.Description, "Personal key")
		if needs := strings.Contains(path, "/access"); says != needs {
			t.Errorf("needs a Personal key: %v, says so: %v", needs, says)
		}
	})
}

func TestEveryOperationIsDescribedForAReader(t *testing.T) {
	doc := document(t)
	rateLimit := []string{"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}
	operations(t, doc, func(t *testing.T, _, method string, op *openapi3.Operation) {
		if op.Summary == "" {
			t.Error("there is no summary")
		}
		if len(op.Tags) != 1 || doc.Tags.Get(op.Tags[0]) == nil {
			t.Errorf("tags %v, want one that the contract describes", op.Tags)
		}
		if failure := op.Responses.Default(); failure == nil || failure.Ref != "#/components/responses/ErrorResponse" {
			t.Error("failures are not the error document")
		} else if failure.Value.Headers["Retry-After"] == nil {
			t.Error("failures have no Retry-After")
		}
		examples := 0
		for status, response := range op.Responses.Map() {
			for _, header := range rateLimit {
				if response.Value.Headers[header] == nil {
					t.Errorf("the response %s has no header %s", status, header)
				}
			}
			for _, media := range response.Value.Content {
				if status != "default" && media.Example != nil {
					examples++
				}
			}
		}
		if op.RequestBody != nil && op.RequestBody.Value.Content["application/json"].Example != nil {
			examples++
		} else if op.RequestBody != nil {
			t.Error("the request has no example")
		}
		if examples == 0 {
			t.Error("there is no example")
		}
		if changes := method != "GET"; changes != (op.Parameters.GetByInAndName("query", "silent") != nil) {
			t.Errorf("%s: the parameter silent is there when it should not be, or the other way round", method)
		}
	})
}

func TestQueryObjectsAreDeepObjects(t *testing.T) {
	operations(t, document(t), func(t *testing.T, _, _ string, op *openapi3.Operation) {
		for _, p := range op.Parameters {
			if p.Value.In != "query" || !p.Value.Schema.Value.Type.Is("object") && len(p.Value.Schema.Value.AllOf) == 0 {
				continue
			}
			if p.Value.Style != "deepObject" {
				t.Errorf("parameter %s has style %q, want deepObject", p.Value.Name, p.Value.Style)
			}
			if p.Value.Explode == nil || !*p.Value.Explode {
				t.Errorf("parameter %s does not explode", p.Value.Name)
			}
		}
	})
}

// The generator's hints and the vendor's habits do not belong into the contract.
func TestContractReadsLikeAContract(t *testing.T) {
	b, err := os.ReadFile("../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"x-go-", "Dto", "nullable: true", "float"} {
		if strings.Contains(string(b), word) {
			t.Errorf("openapi.yaml contains %q", word)
		}
	}
}

// Two components that say the same are one component too many.
func TestNoShapeIsWrittenTwice(t *testing.T) {
	doc := document(t)
	said := map[string]string{}
	for name, ref := range doc.Components.Schemas {
		if ref.Ref != "" || !ref.Value.Type.Is("object") || len(ref.Value.Properties) == 0 {
			continue
		}
		plain := *ref.Value
		plain.Description = ""
		b, err := json.Marshal(&plain)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := said[string(b)]; ok {
			t.Errorf("%s and %s are the same", name, other)
		}
		said[string(b)] = name
	}
}
