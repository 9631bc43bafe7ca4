package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// Person is what the records are decoded into: 15 fields.
type Person struct {
	Name      Name      `json:"name"`
	Emails    Items     `json:"email_addresses"`
	Phones    Items     `json:"phone_numbers"`
	JobTitle  string    `json:"job_title"`
	CompanyID string    `json:"company_id"`
	Website   string    `json:"c_website"`
	Tier      string    `json:"c_tier"`
	Score     float64   `json:"c_score"`
	Visits    int       `json:"c_visits"`
	Active    bool      `json:"c_active"`
	Notes     string    `json:"c_notes"`
	Tags      []string  `json:"c_tags"`
	Manager   *string   `json:"c_manager"`
	Created   time.Time `json:"_created_at,omitzero"`
	Updated   time.Time `json:"_updated_at,omitzero"`
}

// Name is a person's name.
type Name struct {
	First string `json:"first_name"`
	Last  string `json:"last_name"`
	Full  string `json:"full_name"`
}

// Items is a field with several texts.
type Items struct {
	Items []string `json:"items"`
}

// PageSize is how many records a page has.
const PageSize = 500

// person is the n-th of them.
func person(n int) Person {
	first, last := pick(n, "Ada", "Grace", "Katherine", "Dorothy", "Annie", "Mary", "Zoë"), pick(n/7, "Lovelace", "Hopper", "Johnson", "Vaughan", "Easley", "Jackson")
	at := time.Date(2026, 2, 3, 4, 5, 6, 789e6, time.UTC).Add(time.Duration(n) * 61 * time.Second)
	p := Person{
		Name:      Name{first, last, first + " " + last},
		Emails:    Items{[]string{fmt.Sprintf("person%d@analytical.example", n), fmt.Sprintf("p%d@home.example", n)}},
		Phones:    Items{[]string{fmt.Sprintf("+44 20 7946 %04d", n%10000)}},
		JobTitle:  pick(n, "Engineer", "Head of Research", "Analyst", "Founder & \"CEO\""),
		CompanyID: fmt.Sprintf("c0a8012e-7d7a-4c55-8b1d-%012d", n%997),
		Website:   fmt.Sprintf("https://people.example/%d", n),
		Tier:      pick(n, "gold", "silver", "bronze"),
		Score:     float64(n%1000) / 8,
		Visits:    n % 365,
		Active:    n%3 != 0,
		Notes:     "Wrote the first program, for a machine that was never built.",
		Tags:      []string{"math", pick(n, "engine", "compiler", "orbit")},
		Created:   at,
		Updated:   at.Add(36 * time.Hour),
	}
	if n%2 == 0 {
		manager := fmt.Sprintf("3f8f2a9e-8a55-4a35-9d52-%012d", n/2)
		p.Manager = &manager
	}
	return p
}

func pick(n int, from ...string) string { return from[n%len(from)] }

func personID(n int) string { return fmt.Sprintf("3f8f2a9e-8a55-4a35-9d52-%012d", n) }

// record is the n-th person as the API responds it.
func record(n int) []byte {
	attributes, err := encode(person(n))
	if err != nil {
		panic(err) // a Person can be encoded
	}
	return fmt.Appendf(nil, `{"type":"person","id":%q,"attributes":%s,"relationships":{"company":{"data":{"type":"company","id":"c0a8012e-7d7a-4c55-8b1d-%012d"}}}}`,
		personID(n), attributes, n%997)
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}

// records are n people, the first of which is the one by that number.
func records(first, n int) []byte {
	b := []byte{'['}
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, record(first+i)...)
	}
	return append(b, ']')
}

// document is a page with n people and no next one.
func document(n int) []byte {
	return fmt.Appendf(nil, `{"links":{"next":null,"prev":null},"meta":{"total_records":%d,"total_pages":1},"data":%s,"included":[]}`, n, records(0, n))
}
