package clarify

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/jsonscan"
	"github.com/clarify-go/clarify/internal/rerun"
)

// What the scanner takes it must decode to what encoding/json does. From outside
// it cannot be seen which of them decoded.

// mine is a struct such as users have.
type mine struct {
	Name    Name        `json:"name"`
	Emails  Collection  `json:"email_addresses"`
	Title   *string     `json:"job_title"`
	Score   json.Number `json:"c_score"`
	Created gen.Time    `json:"_created_at"`
	Updated time.Time   `json:"_updated_at"`
	Tags    []string    `json:"c_tags"`
	Rest    any         `json:"c_rest"`
	Text    gen.RichTextBlock
}

// agree checks a document and returns whether the scanner takes it.
func agree[T any](t testing.TB, body string) bool {
	t.Helper()
	var page, exactPage Page[T]
	var links, exactLinks pageLinks
	var meta, exactMeta pageMeta
	taken, _ := jsonscan.Scan([]byte(body), func(s *jsonscan.Scanner) { scanPage(s, &page, &links, &meta) })
	if taken {
		if err := decodePage([]byte(body), &exactPage, &exactLinks, &exactMeta); err != nil {
			t.Errorf("a page of %T is decoded from %s, and encoding/json says %v", *new(T), body, err)
		} else if !reflect.DeepEqual(page, exactPage) || links != exactLinks || !reflect.DeepEqual(meta, exactMeta) {
			t.Errorf("a page of %T from %s is\n%+v %+v %s, and with encoding/json\n%+v %+v %s", *new(T), body, page, links, meta, exactPage, exactLinks, exactMeta)
		}
	}
	var record, exact Record[T]
	if taken, _ := jsonscan.Scan([]byte(body), func(s *jsonscan.Scanner) { scanDocument(s, &record) }); taken {
		if err := decodeDocument([]byte(body), &exact); err != nil {
			t.Errorf("a record of %T is decoded from %s, and encoding/json says %v", *new(T), body, err)
		} else if !reflect.DeepEqual(record, exact) {
			t.Errorf("a record of %T from %s is\n%+v, and with encoding/json\n%+v", *new(T), body, record, exact)
		}
		return true
	}
	return taken
}

func agreeAll(t testing.TB, body string) (taken int) {
	t.Helper()
	for _, agreed := range []bool{
		agree[Person](t, body), agree[Company](t, body), agree[Deal](t, body), agree[Meeting](t, body), agree[Task](t, body),
		agree[mine](t, body), agree[contact](t, body), agree[generatedContact](t, body), agree[map[string]any](t, body), agree[Fields](t, body), agree[json.RawMessage](t, body), agree[any](t, body),
		agree[gen.Attributes](t, body), agree[*Person](t, body), agree[Name](t, body), agree[Participant](t, body), agree[Relationships](t, body), agree[string](t, body),
	} {
		if agreed {
			taken++
		}
	}
	return taken
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
	stride := rerun.Stride(10)
	for i, name := range names {
		for j := i % stride; j < len(values); j += stride {
			value := values[j]
			for _, attributes := range []string{`{"` + name + `":` + value + `}`, `{"` + name + `":` + value + `,"` + name + `":"x"}`, `{"` + name + `":"x","` + name + `":` + value + `}`} {
				body := documentsOf(attributes, `{}`)[0]
				agree[Person](t, body)
				agree[Deal](t, body)
				agree[Task](t, body)
				agree[Meeting](t, body)
				agree[mine](t, body)
				agree[generatedContact](t, body)
			}
		}
	}
	random := rand.New(rand.NewPCG(5, 6))
	for range 500 / stride {
		var members []string
		for range random.IntN(6) {
			members = append(members, fmt.Sprintf(`"%s":%s`, names[random.IntN(len(names))], values[random.IntN(len(values))]))
		}
		bodies = append(bodies, documentsOf("{"+strings.Join(members, ",")+"}", relationships[random.IntN(len(relationships))])...)
	}
	taken := 0
	for _, body := range bodies {
		taken += agreeAll(t, body)
	}
	if most := 18 * len(bodies); taken < most/4 {
		t.Errorf("the scanner takes %d of %d documents", taken, most)
	}
}

func TestScannerTakesWhatTheAPIUsuallyWrites(t *testing.T) {
	for _, body := range documentsOf(
		`{"name":{"first_name":"Ada","last_name":"Lovelace","full_name":"Ada Lovelace"},"email_addresses":{"items":["a@x.example"]},"job_title":null,"_created_at":"2026-02-03T04:05:06.789Z","_updated_at":"2026-02-03T04:05:06.789Z","c_score":1.50,"c_tags":["a"],"c_rest":{"a":[1]},"other":{"b":[]}}`,
		`{"company":{"data":{"type":"company","id":"c"}},"deals":{"data":[],"meta":{"count":0}}}`) {
		for name, taken := range map[string]bool{"Person": agree[Person](t, body), "a struct": agree[mine](t, body), "a map": agree[Fields](t, body), "RawMessage": agree[json.RawMessage](t, body)} {
			if !taken {
				t.Errorf("%s is left to encoding/json, of %s", name, body)
			}
		}
	}
	const records = `"participants":{"items":[{"email":"a@x.example","name":null,"organizer":true},{"organizer":false}]},"start":"2026-02-03T04:05:06.789Z","all_day":true,"title":"x"` +
		`,"description":{"text":[{"type":"p","children":[{"text":"a"}]}]},"due_date":"2026-02-03","close_date":null,"status":"To Do"`
	for _, body := range documentsOf(`{`+records+`}`, `{}`) {
		for name, taken := range map[string]bool{"Meeting": agree[Meeting](t, body), "Task": agree[Task](t, body), "Deal": agree[Deal](t, body), "Company": agree[Company](t, body)} {
			if !taken {
				t.Errorf("%s is left to encoding/json, of %s", name, body)
			}
		}
	}
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
		agree[Person](t, body)
		agree[Meeting](t, body)
		agree[Task](t, body)
		agree[Deal](t, body)
		agree[mine](t, body)
		agree[contact](t, body)
		agree[generatedContact](t, body)
		agree[any](t, body)
	})
}
