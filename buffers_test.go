package clarify_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
)

// keeper wrongly keeps the bytes that it gets.
type keeper struct{ JSON []byte }

func (k *keeper) UnmarshalJSON(b []byte) error { k.JSON = b; return nil }

// textKeeper wrongly keeps the bytes of a text.
type textKeeper struct{ Text []byte }

func (k *textKeeper) UnmarshalText(b []byte) error { k.Text = b; return nil }

func TestDecodedValuesAreNotOverwrittenByLaterResponses(t *testing.T) {
	f := newFake(t, func(_ *fake, w http.ResponseWriter, r *http.Request) {
		id := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
		// Each response is as long as the others, and has another letter everywhere.
		letter := id[:1]
		text := strings.Repeat(letter, 40)
		record := func(id string) string {
			return fmt.Sprintf(`{"type":"person","id":%q,"attributes":{"_created_at":"2026-01-02T03:04:05.000Z","name":{"first_name":%q,"%[2]s":%[2]q},"email_addresses":{"items":[%[2]q]},"job_title":%[2]q,"c_%[2]s":{"a":[%[2]q,1]},"c_raw":{"x":%[2]q},"c_own":{"x":%[2]q},"c_text":%[2]q,"c_escaped":"\u0041%[2]s","c_number":%[3]s},"relationships":{"%[2]s":{"data":{"type":"person","id":%[2]q}}}}`,
				id, text, strings.Repeat(fmt.Sprint(1+letter[0]%9), 30))
		}
		switch {
		case strings.HasPrefix(id, "z"):
			respond(w, http.StatusNotFound, fmt.Sprintf(`{"errors":[{"status":"404","title":%q,"detail":%[1]q}]}`, text))
		case id == "resources":
			all := make([]string, 60)
			for i := range all {
				all[i] = record(fmt.Sprintf("%s%03d", string('a'+rune((number(r, "page[offset]", 0)/60+number(r, "page[limit]", 60)-60)%25)), i))
			}
			respond(w, http.StatusOK, `{"data":[`+strings.Join(all, ",")+`],"included":[`+record("i1")+`],"links":{"next":null},"meta":{"total_records":60,"total_pages":1,"more":`+fmt.Sprintf("%q", text)+`}}`)
		default:
			respond(w, http.StatusOK, `{"data":`+record(id)+`,"included":[`+record(id+"i")+`]}`)
		}
	})
	client := f.client(t)
	var all sync.WaitGroup
	for _, read := range []func(n int) (any, error){
		getting[clarify.Person](t, client),
		getting[map[string]any](t, client),
		getting[json.RawMessage](t, client),
		getting[struct {
			Title  string          `json:"job_title"`
			Raw    json.RawMessage `json:"c_raw"`
			Number json.Number     `json:"c_number"`
		}](t, client),
		getting[struct {
			Own     keeper     `json:"c_own"`
			Text    textKeeper `json:"c_text"`
			Escaped textKeeper `json:"c_escaped"`
		}](t, client),
		paging[clarify.Person](t, client),
		paging[json.RawMessage](t, client),
		pagingStably[clarify.Person](t, client),
		pagingStably[json.RawMessage](t, client),
		paging[struct {
			Own     keeper     `json:"c_own"`
			Escaped textKeeper `json:"c_escaped"`
		}](t, client),
		func(n int) (any, error) {
			_, err := clarify.People(client).Get(t.Context(), fmt.Sprintf("z%d", n))
			return err, nil
		},
		func(n int) (any, error) {
			response, err := client.GetResourceWithResponse(t.Context(), "person", letterOf(n), nil)
			if err != nil {
				return nil, err
			}
			return response.Body, nil
		},
	} {
		all.Go(func() {
			type kept struct {
				value any
				then  string
			}
			var values []kept
			for n := range 15 {
				v, err := read(n)
				if err != nil {
					t.Error(err)
					return
				}
				values = append(values, kept{v, allOf(v)})
			}
			for _, v := range values {
				if now := allOf(v.value); now != v.then {
					t.Errorf("%T was\n%.300s\nand is\n%.300s", v.value, v.then, now)
					return
				}
			}
		})
	}
	all.Wait()
}

func letterOf(n int) string { return strings.Repeat(string('a'+rune(n%25)), 6) }

// allOf returns everything that is in a value.
func allOf(v any) string {
	if err, ok := v.(error); ok {
		return fmt.Sprintf("%v %+v", err, reflect.ValueOf(err).Elem().Interface())
	}
	if b, ok := v.([]byte); ok {
		return string(b)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func getting[T any](t *testing.T, client *clarify.Client) func(n int) (any, error) {
	return func(n int) (any, error) {
		return clarify.NewRecords[T](client, "person").Get(t.Context(), letterOf(n), clarify.Include("company_id"))
	}
}

func paging[T any](t *testing.T, client *clarify.Client) func(n int) (any, error) {
	return func(n int) (any, error) {
		for page, err := range clarify.NewRecords[T](client, "person").Pages(t.Context(), clarify.Offset(60*n), clarify.PageSize(60)) {
			return page, err
		}
		return nil, nil
	}
}

func pagingStably[T any](t *testing.T, client *clarify.Client) func(n int) (any, error) {
	return func(n int) (any, error) {
		for page, err := range clarify.NewRecords[T](client, "person").Pages(t.Context(), clarify.Stable(), clarify.PageSize(60+n)) {
			return page, err
		}
		return nil, nil
	}
}

// doer is a transport.
type doer func(*http.Request) (*http.Response, error)

func (d doer) RoundTrip(req *http.Request) (*http.Response, error) { return d(req) }

func TestABaseURLMayHaveAnEmptyPort(t *testing.T) {
	var requested string
	client, err := clarify.New("acme", authn.APIKey(testKey), clarify.WithBaseURL("http://localhost:/v1"), clarify.WithRetries(0),
		clarify.WithHTTPClient(&http.Client{Transport: doer(func(req *http.Request) (*http.Response, error) {
			requested = req.Host + req.URL.Path
			return nil, http.ErrHandlerTimeout
		})}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = clarify.People(client).Get(t.Context(), "x")
	note(err)
	wantEqual(t, "host and path of the request", requested, "localhost/v1/workspaces/acme/objects/person/resources/x")
}
