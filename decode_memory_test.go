package clarify_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
)

// contact is a struct with 15 fields such as users have.
type contact struct {
	Name struct {
		First string `json:"first_name"`
		Last  string `json:"last_name"`
		Full  string `json:"full_name"`
	} `json:"name"`
	Emails  struct{ Items []string } `json:"email_addresses"`
	Phones  clarify.Collection       `json:"phone_numbers"`
	Title   string                   `json:"job_title"`
	Company string                   `json:"company_id"`
	Website string                   `json:"c_website"`
	Tier    string                   `json:"c_tier"`
	Score   float64                  `json:"c_score"`
	Visits  int                      `json:"c_visits"`
	Active  bool                     `json:"c_active"`
	Notes   string                   `json:"c_notes"`
	Tags    []string                 `json:"c_tags"`
	Manager *string                  `json:"c_manager"`
	Created time.Time                `json:"_created_at"`
	Updated time.Time                `json:"_updated_at"`
}

// generatedContact has the same fields as they are generated, and some more.
type generatedContact struct {
	clarify.System
	Name     clarify.Name
	Emails   clarify.Collection
	Phones   clarify.Collection
	Title    string
	Company  string
	Website  string
	Tier     contactTier
	Score    json.Number
	Visits   json.Number
	Active   clarify.Checkbox
	Notes    string
	Tags     []string
	Manager  string
	Kinds    []contactTier
	Levels   []contactTier
	Location map[string]any
	Other    any
	Extra    clarify.Fields
}

type contactTier string

func (c generatedContact) MarshalJSON() ([]byte, error) { return clarify.MarshalAttributes(&c) }

func (c *generatedContact) UnmarshalJSON(b []byte) error { return clarify.UnmarshalAttributes(b, c) }

func (c *generatedContact) AttributeAt(i int) clarify.Attribute {
	switch i {
	case 0:
		return clarify.NameAttribute("name", &c.Name)
	case 1:
		return clarify.ItemsAttribute("email_addresses", &c.Emails)
	case 2:
		return clarify.ItemsAttribute("phone_numbers", &c.Phones)
	case 3:
		return clarify.TextAttribute("job_title", &c.Title)
	case 4:
		return clarify.TextAttribute("company_id", &c.Company)
	case 5:
		return clarify.TextAttribute("c_website", &c.Website)
	case 6:
		return clarify.TextAttribute("c_tier", (*string)(&c.Tier))
	case 7:
		return clarify.NumberAttribute("c_score", &c.Score)
	case 8:
		return clarify.NumberAttribute("c_visits", &c.Visits)
	case 9:
		return clarify.CheckboxAttribute("c_active", &c.Active)
	case 10:
		return clarify.TextAttribute("c_notes", &c.Notes)
	case 11:
		return clarify.ListAttribute("c_tags", &c.Tags)
	case 12:
		return clarify.TextAttribute("c_manager", &c.Manager)
	case 13:
		return clarify.ItemsAttribute("c_kinds", &c.Kinds)
	case 14:
		return clarify.ListAttribute("c_levels", &c.Levels)
	case 15:
		return clarify.ObjectAttribute("c_location", &c.Location)
	case 16:
		return clarify.AnyAttribute("c_other", &c.Other)
	}
	return clarify.ExtraAttributes(&c.Extra)
}

// contactsPage is a page of contacts, of which every second one has no manager. Notes
// are of length notes.
func contactsPage(n, notes int) []byte {
	records := make([]string, n)
	for i := range records {
		manager := "null"
		if i%2 == 0 {
			manager = fmt.Sprintf(`"3f8f2a9e-8a55-4a35-9d52-%012d"`, i)
		}
		records[i] = fmt.Sprintf(`{"type":"person","id":"3f8f2a9e-8a55-4a35-9d53-%012[1]d","attributes":{"name":{"first_name":"Ada","last_name":"Lovelace","full_name":"Ada Lovelace"},`+
			`"email_addresses":{"items":["person%[1]d@analytical.example","p%[1]d@home.example"]},"phone_numbers":{"items":["+44 20 7946 %04[1]d"]},"job_title":"Founder & \"CEO\"",`+
			`"company_id":"c0a8012e-7d7a-4c55-8b1d-%012[1]d","c_website":"https://people.example/%[1]d","c_tier":"gold","c_score":%[1]d.125,"c_visits":%[1]d,"c_active":true,"c_notes":%[2]q,`+
			`"c_tags":["math","engine"],"c_manager":%[3]s,"_created_at":"2026-02-03T04:05:06.789Z","_updated_at":"2026-02-04T04:05:06.789Z"},`+
			`"relationships":{"company":{"data":{"type":"company","id":"c0a8012e-7d7a-4c55-8b1d-%012[1]d"}}}}`, i, strings.Repeat("n", notes), manager)
	}
	return []byte(`{"links":{"next":null},"meta":{"total_records":` + fmt.Sprint(n) + `},"data":[` + strings.Join(records, ",") + `]}`)
}

// pageOf decodes a page.
func pageOf[T any](tb testing.TB, d *decoding, body string) *clarify.Page[T] {
	all, _, err := pages[T](tb, d, body)
	if err != nil {
		tb.Fatal(err)
	}
	return all[0]
}

func TestRecordTakesSixAllocations(t *testing.T) {
	if stride > 1 {
		t.Skip("the race detector allocates, too")
	}
	const n = 500
	d, body, one := newDecoding(t), string(contactsPage(n, 60)), string(contactsPage(1, 60))
	each := func(read func(body string)) float64 {
		more := testing.AllocsPerRun(5, func() { read(body) })
		return (more - testing.AllocsPerRun(5, func() { read(one) })) / (n - 1)
	}
	for name, read := range map[string]func(body string){
		"a struct with tags": func(body string) { pageOf[contact](t, d, body) },
		"a generated type":   func(body string) { pageOf[generatedContact](t, d, body) },
	} {
		if got := each(read); got > 6 {
			t.Errorf("%s takes %.1f", name, got)
		}
	}
}

// TestStringKeepsOnlyItsRecord keeps one string of one record in ten, and looks what else
// stays on the heap.
func TestStringKeepsOnlyItsRecord(t *testing.T) {
	const n, notes, pages = 200, 400, 10
	d, body := newDecoding(t), string(contactsPage(n, notes))
	for name, keep := range map[string]func(i int) any{
		"a struct with tags":      func(i int) any { return pageOf[contact](t, d, body).Records[i].Attributes.Tags[1] },
		"the id of one":           func(i int) any { return pageOf[contact](t, d, body).Records[i].ID },
		"a list of one":           func(i int) any { return pageOf[contact](t, d, body).Records[i].Attributes.Tags },
		"a pointer of one":        func(i int) any { return pageOf[contact](t, d, body).Records[i&^1].Attributes.Manager },
		"a generated type":        func(i int) any { return pageOf[generatedContact](t, d, body).Records[i].Attributes.Tier },
		"an email address of one": func(i int) any { return pageOf[generatedContact](t, d, body).Records[i].Attributes.Emails[1] },
		"a map":                   func(i int) any { return pageOf[clarify.Fields](t, d, body).Records[i].Attributes["job_title"] },
	} {
		t.Run(name, func(t *testing.T) {
			var kept []any
			keep(0)
			before := heap()
			for page := range pages {
				for i := 10; i < n; i += 90 {
					kept = append(kept, keep(i+page))
				}
			}
			// Of a record there are the notes, about 400 bytes of other strings, and the lists.
			if each := (heap() - before) / int64(len(kept)); each > 3*notes {
				t.Errorf("each string keeps %d bytes", each)
			}
			runtime.KeepAlive(kept)
		})
	}
}

// heap returns how much is reachable.
func heap() int64 {
	var m runtime.MemStats
	// The second time clears what pools had kept from the first.
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestLongStringDoesNotCostTheNextRecordsMemory(t *testing.T) {
	long := strings.Repeat("x", 1<<16)
	var records []string
	for i := range 40 {
		title := "short"
		if i%2 == 0 {
			title = long
		}
		records = append(records, fmt.Sprintf(`{"type":"person","id":"p%d","attributes":{"job_title":%q,"c_a":%[2]q}}`, i, title))
	}
	d, body := newDecoding(t), `{"data":[`+strings.Join(records, ",")+`]}`
	pageOf[clarify.Person](t, d, body)
	before := heap()
	page := pageOf[clarify.Person](t, d, body)
	for i := range page.Records {
		if i%2 == 0 {
			page.Records[i] = clarify.Record[clarify.Person]{}
		}
	}
	if kept := heap() - before; kept > 4*int64(len(long)) {
		t.Errorf("20 short records keep %d bytes", kept)
	}
	runtime.KeepAlive(page)
	runtime.KeepAlive(body)
}
