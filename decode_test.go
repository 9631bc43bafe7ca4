package clarify_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/rerun"
)

// Responses are decoded by a scanner, which leaves what is unusual to encoding/json.
// What the scanner takes it must decode to what encoding/json does.

// mine is a struct such as users have.
type mine struct {
	Name    clarify.Name       `json:"name"`
	Emails  clarify.Collection `json:"email_addresses"`
	Title   *string            `json:"job_title"`
	Score   json.Number        `json:"c_score"`
	Created gen.Time           `json:"_created_at"`
	Updated time.Time          `json:"_updated_at"`
	Tags    []string           `json:"c_tags"`
	Rest    any                `json:"c_rest"`
	Text    gen.RichTextBlock
}

// decoding is a client that gets one body, and after it, as the next page, an empty one.
type decoding struct {
	client *clarify.Client
	body   string
	next   []string // the URLs of the requests after the first one
	begun  bool

	pages, records, invalid int // how many documents were which
}

// unlimited lets all requests through.
type unlimited struct{ clarify.Limiter }

func newDecoding(tb testing.TB) *decoding {
	tb.Helper()
	d := &decoding{}
	transport := doer(func(req *http.Request) (*http.Response, error) {
		body := d.body
		if d.begun {
			d.next = append(d.next, req.URL.String())
			body = `{"data":[]}`
		}
		d.begun = true
		return &http.Response{StatusCode: 200, Request: req, Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: int64(len(body)), Body: io.NopCloser(strings.NewReader(body))}, nil
	})
	client, err := clarify.New("acme", authn.APIKey(testKey), clarify.WithBaseURL("http://localhost/v1"), clarify.WithRetries(0),
		clarify.WithHTTPClient(&http.Client{Transport: transport}), clarify.WithLimiter(unlimited{}))
	if err != nil {
		tb.Fatal(err)
	}
	d.client = client
	return d
}

func (unlimited) Acquire(context.Context, clarify.LimitRequest) (int64, error) { return 0, nil }

func (unlimited) Release(clarify.LimitRequest, int64, http.Header) {}

// pages reads the body as a page. It returns what the pages are, where the next one is
// looked for, and the error.
func pages[T any](tb testing.TB, d *decoding, body string) (all []*clarify.Page[T], next []string, err error) {
	d.body, d.begun, d.next = body, false, nil
	for page, failed := range clarify.NewRecords[T](d.client, "person").Pages(tb.Context()) {
		if err = failed; err == nil {
			all = append(all, page)
		}
	}
	return all, d.next, err
}

// record reads the body as a record.
func record[T any](tb testing.TB, d *decoding, body string) (*clarify.Record[T], error) {
	d.body, d.begun = body, false
	return clarify.NewRecords[T](d.client, "person").Get(tb.Context(), "x")
}

// exact returns a body that encoding/json decodes to the same, and that the scanner does
// not take: a member has not the case that it should have.
func exact(body string) (string, bool) {
	after, ok := strings.CutPrefix(strings.TrimLeft(body, " \t\r\n"), "{")
	if !ok || strings.HasPrefix(strings.TrimLeft(after, " \t\r\n"), "}") {
		return "", false
	}
	return `{"Included":null,` + after, true
}

// agreeIn checks a document, as a page and as a record, and notes what it is.
func agreeIn[T any](tb testing.TB, d *decoding, body string) {
	tb.Helper()
	same, ok := exact(body)
	got, next, err := pages[T](tb, d, body)
	if !ok {
		if err == nil {
			tb.Errorf("a page of %T is decoded from %s", *new(T), body)
		}
		if got, err := record[T](tb, d, body); err == nil {
			tb.Errorf("the record %+v is decoded from %s", got, body)
		}
		return
	}
	want, wantNext, wantErr := pages[T](tb, d, same)
	if (err == nil) != (wantErr == nil) {
		tb.Errorf("a page of %T from %s: the error is %v, and with encoding/json %v", *new(T), body, err, wantErr)
	}
	if !reflect.DeepEqual(got, want) {
		tb.Errorf("a page of %T from %s is\n%+v, and with encoding/json\n%+v", *new(T), body, got, want)
	}
	if !slices.Equal(next, wantNext) {
		tb.Errorf("after %s comes %q, and with encoding/json %q", body, next, wantNext)
	}
	one, err := record[T](tb, d, body)
	other, wantErr := record[T](tb, d, same)
	if (err == nil) != (wantErr == nil) {
		tb.Errorf("a record of %T from %s: the error is %v, and with encoding/json %v", *new(T), body, err, wantErr)
	}
	if !reflect.DeepEqual(one, other) {
		tb.Errorf("a record of %T from %s is\n%+v, and with encoding/json\n%+v", *new(T), body, one, other)
	}
	switch {
	case len(got) > 0:
		d.pages++
	case one != nil:
		d.records++
	default:
		d.invalid++
	}
}

// agreeAlone checks attributes without a document.
func agreeAlone[T any](t *testing.T, attributes string) {
	t.Helper()
	got, err := clarify.As[T](clarify.Record[json.RawMessage]{Attributes: json.RawMessage(attributes)})
	var want T
	d := json.NewDecoder(strings.NewReader(attributes))
	d.UseNumber()
	switch wantErr := d.Decode(&want); {
	case (err == nil) != (wantErr == nil):
		t.Errorf("%T from %s: the error is %v, and with encoding/json %v", want, attributes, err, wantErr)
	case err == nil && !reflect.DeepEqual(got.Attributes, want):
		t.Errorf("%T from %s is\n%+v, and with encoding/json\n%+v", want, attributes, got.Attributes, want)
	}
}

// documentsOf puts attributes and relationships into documents.
func documentsOf(attributes, relationships string) []string {
	record := `{"type":"person","id":"x","attributes":` + attributes + `,"relationships":` + relationships + `}`
	return []string{
		`{"data":` + record + `,"included":[],"links":{"self":"/"},"meta":{}}`,
		`{"data":[` + record + `, ` + record + `],"included":[` + record + `],"links":{"next":"/x","prev":null},"meta":{"total_records":2,"limit":null,"more":1.0}}`,
	}
}

func TestScannerAgreesWithEncodingJSON(t *testing.T) {
	const empty = `{"type":"person","id":"x","attributes":{}}`
	bodies := []string{
		``, `{}`, `null`, `[]`, `{"data":null}`, `{"data":[]}`, `{"data":[null]}`, `{"data":{}}`, `{"data":"x"}`, `{"data":[]} x`, `{"data":[]`, `{"data":[],"data":[]}`,
		`{"Data":[` + empty + `]}`, `{"data":[],"DATA":[` + empty + `]}`, `{"data":[` + empty + `],"included":null,"links":null,"meta":null}`,
		`{"data":[` + empty + `],"included":[null]}`, `{"data":[` + empty + `],"included":[{}]}`, `{"data":[` + empty + `],"links":[]}`, `{"data":[` + empty + `],"links":{"next":7}}`, `{"data":[` + empty + `],"links":{"next":"a","next":null}}`,
		`{"data":[` + empty + `],"meta":{"total_records":"2"}}`, `{"data":[` + empty + `],"meta":[]}`, `{"data":[` + empty + `],"jsonapi":{"version":"1.1"}}`,
		`{"data":[{"type":"person","id":"x"}]}`, `{"data":[{"type":"person","id":"x","attributes":null}]}`, `{"data":[{"type":"","id":"x","attributes":{}}]}`, `{"data":[{"type":"person","id":"","attributes":{}}]}`,
		`{"data":[{"type":null,"id":null,"attributes":{}}]}`, `{"data":[{"type":1,"id":"x","attributes":{}}]}`, `{"data":[{"type":"person","id":1,"attributes":{}}]}`, `{"data":[{"Type":"person","ID":"x","Attributes":{}}]}`,
		`{"data":[{"type":"a","type":"b","id":"x","attributes":{}}]}`, `{"data":[{"type":"person","id":"x","attributes":{"job_title":"a"},"attributes":{"avatar_url":"b"}}]}`,
		`{"data":[{"type":"person","id":"x","attributes":{},"relationships":null,"links":{"self":"/"}}]}`, `{"data":[{"type":"person","id":"x","attributes":{},"relationships":{}},` + empty + `]}`,
		`{"data":{"type":"person","id":"x","attributes":{}},"included":[{"type":"company","id":"c","attributes":{"name":"Acme"}}]}`,
	}
	relationships := []string{
		`null`, `{}`, `[]`, `"x"`, `{"a":null}`, `{"a":{}}`, `{"a":{"data":null}}`, `{"a":{"data":[]}}`, `{"a":{"data":{"type":"deal","id":"d"}}}`, `{"a": {"data" : [ {"type":"deal","id":"d"} ] , "meta":{"count":1.0}} ,"b":{"links":{}}}`,
		`{"a":{"data":[null]}}`, `{"a":{"data":"x"}}`, `{"a":{"data":7}}`, `{"a":{"data":{}}}`, `{"a":{"data":{"type":1}}}`, `{"a":{"data":{"type":null,"id":null}}}`, `{"a":{"data":[{"type":"deal","id":"d","more":[{}]}]}}`, `{"a":{"data":[[]]}}`,
		`{"a":[]}`, `{"a":"x"}`, `{"a":{"DATA":"x"}}`, `{"a":{"data":null,"data":7}}`, `{"a":{"data":{"TYPE":7}}}`, `{"a":{},"a":{"data":null}}`, `{"a":{},"A":{}}`, `{"":{}}`, `{"\u0061":{}}`, `{"a":{"data":{"type":"a","type":"b"}}}`,
		`{"1":{},"2":{},"3":{},"4":{},"5":{},"6":{},"7":{},"8":{},"9":{},"10":{"data":null}}`,
	}
	for _, r := range relationships {
		bodies = append(bodies, documentsOf(`{}`, r)...)
	}
	names := []string{"name", "email_addresses", "job_title", "amount", "description", "participants", "start", "all_day", "close_date", "close_d\\u0061te", "_created_\\u0061t", "c_score", "c_tags", "c_rest", "c_active", "c_kinds", "c_levels", "c_location", "c_other", "Text", "first_name", "_id", "_created_at", "_updated_at", "_other", "JOB_TITLE", "n\\u0061me", ""}
	values := []string{
		`null`, `""`, `"x"`, `"<&>\u2028 \"\\/é🎉"`, `"2026-08-17T12:30:45.678Z"`, `"2026-08-17t12:30:45.678z"`, `"2026-08-17T12:30:45Z"`, `"0001-01-01T00:00:00.000Z"`, `"2026-08-17T14:30:45.678+02:00"`, `"2026-08-17"`, `"9999-99-99T00:00:00.000Z"`,
		`true`, `0`, `-0`, `1.50`, `-1E5`, `1e400`, `[]`, `[null]`, `["a",null,1]`, `["a"]`, `{}`, `{"items":[]}`, `{"items":null}`, `{"items":["a","b"]}`, `{"items":["a",1]}`, `{"items":["a"],"primary":"a"}`, `{"ITEMS":["a"]}`, `{"items":["a"],"items":["b"]}`,
		`{"items":"a"}`, `{"primary":"a","items":["a"]}`, `{"text":[{"type":"paragraph","props":{"level":1.0}}]}`, `{"text":[7]}`, `{"text":[],"v":1}`, `{"first_name":"Ada"}`, `{"first_name":"Ada","last_name":null,"x":1.0}`, `{"first_name":""}`, `{"first_name":"a","first_name":null}`, `{"FIRST_NAME":"a"}`,
		`{"items":[]} `, `{"items":[{"email":"a","name":null,"organizer":true},{}]}`, `{"items":[{"email":"a"},null]}`, `{"items":[{"email":"a","email":"b"}]}`, `{"items":[{"EMAIL":"a","organizer":1}],"more":1.0}`, `{"items":[{"email":"a"}],"items":[]}`,
		`{"text":[],"text":[{}]}`, `false`, `"company_id\n"`, `"_created_by\n"`, `"2026-02-30"`,
	}
	d, stride := newDecoding(t), rerun.Stride(11) // odd, because every other document is a page
	random := rand.New(rand.NewPCG(5, 6))
	for i, name := range names {
		for j := i % stride; j < len(values); j += stride {
			value := values[j]
			for _, attributes := range []string{`{"` + name + `":` + value + `}`, `{"` + name + `":` + value + `,"` + name + `":"x"}`, `{"` + name + `":"x","` + name + `":` + value + `}`} {
				agreeAlone[clarify.Person](t, attributes)
				agreeAlone[clarify.Deal](t, attributes)
				agreeAlone[clarify.Task](t, attributes)
				agreeAlone[clarify.Meeting](t, attributes)
				agreeAlone[mine](t, attributes)
				agreeAlone[generatedContact](t, attributes)
			}
		}
	}
	for range 100 / stride {
		var members []string
		for range random.IntN(6) {
			members = append(members, fmt.Sprintf(`"%s":%s`, names[random.IntN(len(names))], values[random.IntN(len(values))]))
		}
		bodies = append(bodies, documentsOf("{"+strings.Join(members, ",")+"}", relationships[random.IntN(len(relationships))])...)
	}
	for i, body := range bodies {
		if i%stride > 0 {
			continue
		}
		agreeIn[clarify.Person](t, d, body)
		agreeIn[clarify.Company](t, d, body)
		agreeIn[clarify.Deal](t, d, body)
		agreeIn[clarify.Meeting](t, d, body)
		agreeIn[clarify.Task](t, d, body)
		agreeIn[mine](t, d, body)
		agreeIn[contact](t, d, body)
		agreeIn[generatedContact](t, d, body)
		agreeIn[map[string]any](t, d, body)
		agreeIn[clarify.Fields](t, d, body)
		agreeIn[json.RawMessage](t, d, body)
		agreeIn[any](t, d, body)
		agreeIn[gen.Attributes](t, d, body)
		agreeIn[*clarify.Person](t, d, body)
		agreeIn[clarify.Name](t, d, body)
		agreeIn[clarify.Participant](t, d, body)
		agreeIn[clarify.Relationships](t, d, body)
		agreeIn[string](t, d, body)
	}
	if most := d.pages + d.records + d.invalid; d.pages < most/5 || d.records < most/5 {
		t.Errorf("of %d documents %d are pages, and %d are records", most, d.pages, d.records)
	}
}

// allocations returns how many a record takes in a page of records of the attributes.
func allocations[T any](t *testing.T, d *decoding, attributes, relationships string, wrap func(string) (string, bool)) float64 {
	t.Helper()
	const n = 100
	each := func(n int) float64 {
		record := `{"type":"person","id":"x","attributes":` + attributes + `,"relationships":` + relationships + `}`
		body, _ := wrap(`{"data":[` + strings.TrimSuffix(strings.Repeat(record+",", n), ",") + `],"links":{"next":null},"meta":{"total_records":` + strconv.Itoa(n) + `}}`)
		return testing.AllocsPerRun(3, func() {
			if all, _, err := pages[T](t, d, body); err != nil || len(all[0].Records) != n {
				t.Fatalf("got %v, %v", all, err)
			}
		})
	}
	return (each(n) - each(1)) / (n - 1)
}

// scans checks that the scanner takes records: they take far fewer allocations than
// with encoding/json.
func scans[T any](t *testing.T, d *decoding, attributes, relationships string) {
	t.Helper()
	got := allocations[T](t, d, attributes, relationships, func(body string) (string, bool) { return body, true })
	if most := allocations[T](t, d, attributes, relationships, exact); got > most*2/3 {
		t.Errorf("%T takes %.0f allocations, and with encoding/json %.0f: it is left to encoding/json", *new(T), got, most)
	}
}

func TestScannerTakesWhatTheAPIUsuallyWrites(t *testing.T) {
	d := newDecoding(t)
	const person = `{"name":{"first_name":"Ada","last_name":"Lovelace","full_name":"Ada Lovelace"},"email_addresses":{"items":["a@x.example"]},"job_title":null,"_created_at":"2026-02-03T04:05:06.789Z","_updated_at":"2026-02-03T04:05:06.789Z","c_score":1.50,"c_tags":["a"],"c_rest":{"a":[1]},"other":{"b":[]}}`
	const relationships = `{"company":{"data":{"type":"company","id":"c"}},"deals":{"data":[],"meta":{"count":0}}}`
	scans[clarify.Person](t, d, person, relationships)
	scans[mine](t, d, person, relationships)
	scans[clarify.Fields](t, d, person, relationships)
	scans[json.RawMessage](t, d, person, relationships)
	const others = `{` + `"participants":{"items":[{"email":"a@x.example","name":null,"organizer":true},{"organizer":false}]},"start":"2026-02-03T04:05:06.789Z","all_day":true,"title":"x"` +
		`,"description":{"text":[{"type":"p","children":[{"text":"a"}]}]},"due_date":"2026-02-03","close_date":null,"status":"To Do"` + `}`
	scans[clarify.Meeting](t, d, others, `{}`)
	scans[clarify.Task](t, d, others, `{}`)
	scans[clarify.Deal](t, d, others, `{}`)
	scans[clarify.Company](t, d, others, `{}`)
}

func FuzzScannerAgreesWithEncodingJSON(f *testing.F) {
	for _, body := range documentsOf(`{"name":{"first_name":"Ada"},"email_addresses":{"items":["a"]},"_created_at":"2026-02-03T04:05:06.789Z","c_score":1.50,"c_rest":[null]}`, `{"a":{"data":[{"type":"deal","id":"d"}]}}`) {
		f.Add(body)
	}
	for _, body := range documentsOf(`{"participants":{"items":[{"email":"a","organizer":true,"name":null}]},"start":"2026-02-03T04:05:06.789Z","all_day":true}`, `{}`) {
		f.Add(body)
	}
	for _, body := range documentsOf(`{"close_d\u0061te":"company_id\n","description":{"text":[{"type":"p"}]},"due_date":"2026-02-03"}`, `{}`) {
		f.Add(body)
	}
	f.Add(string(contactsPage(2, 3)))
	for _, body := range documentsOf(`{"c_active":false,"c_kinds":{"items":["a","b"]},"c_levels":["a"],"c_tags":[],"c_location":{"city":"x","at":[1.0]},"c_other":[{"a":null}],"c_score":-1.5e3}`, `{}`) {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		d := newDecoding(t)
		agreeIn[clarify.Person](t, d, body)
		agreeIn[clarify.Meeting](t, d, body)
		agreeIn[clarify.Task](t, d, body)
		agreeIn[clarify.Deal](t, d, body)
		agreeIn[mine](t, d, body)
		agreeIn[contact](t, d, body)
		agreeIn[generatedContact](t, d, body)
		agreeIn[any](t, d, body)
	})
}
