package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/internal/doctor/report"
)

func TestShape(t *testing.T) {
	for _, test := range []struct {
		value any
		want  string
	}{
		{nil, "null"}, {true, "a boolean"}, {"", "a string of 0 bytes"}, {"a", "a string of 1 byte"}, {"ü", "a string of 2 bytes"},
		{json.Number("12"), "a number"}, {1.5, "a number"}, {[]any{1, 2}, "an array of 2 items"},
		{map[string]any{"secret": "secret"}, "an object of 1 member"}, {struct{ secret string }{"secret"}, "a value"},
	} {
		if got := report.Shape(test.value).String(); got != test.want {
			t.Errorf("%v: got %q, want %q", test.value, got, test.want)
		}
	}
}

func TestBody(t *testing.T) {
	for body, want := range map[string]string{
		"": "no body", "{}": "JSON of 2 bytes", " <html>": "a page of 7 bytes", "secret": "6 bytes",
	} {
		if got := report.Body([]byte(body)).String(); got != want {
			t.Errorf("%q: got %q, want %q", body, got, want)
		}
	}
}

// A name has one placeholder, whatever order names come in.
func TestNames(t *testing.T) {
	n := report.NewNames([]string{"person"}, []string{"data", "name"})
	for _, test := range []struct {
		got  report.Operand
		want string
	}{
		{n.Object("person"), "person"}, {n.Object("c_secret"), "object-1"}, {n.Object("c_other"), "object-2"}, {n.Object("c_secret"), "object-1"},
		{n.Field("secret"), "field-1"}, {n.Field("name"), "name"}, {n.Field("c_secret"), "field-2"}, {n.Keyword("xSecret"), "keyword-1"},
		{n.Place([]string{"data", "12", "attributes/", "secret", "name"}), "/data/*/field-3/field-1/name"}, {n.Place(nil), ""},
		{n.Place([]string{"0", ""}), "/*/field-4"},
	} {
		if got := test.got.String(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func example() *report.Report {
	r := report.New("v1.0.0", "go1.25", true)
	r.Fact("TLS", report.Say("1.3"))
	n := report.NewNames([]string{"getUsers", "data", "name"})
	wrong := report.Found{
		Check: "users", Kind: report.Contract, Operation: n.Operation("getUsers"), Place: n.Place([]string{"data", "0", "name"}),
		What: report.Say("is %v | the contract has %v", report.Shape("secret"), report.Word("null")),
	}
	r.Add(wrong)
	r.Add(wrong)
	r.Add(report.Found{Check: "times", Kind: report.LiveAPI, Ref: "D6", Quirk: "WithQuirkWholeSeconds(true)", What: report.Say("whole seconds")})
	r.Add(report.Found{Check: "user agent", Kind: report.Known, Ref: "R1", Quirk: "WithQuirkX(true)", What: report.Say("403")})
	r.Response(n.Operation("getUsers"), 200)
	r.Response(n.Operation("getUsers"), 200)
	r.Response(n.Operation("getUsers"), 503)
	r.Checked("users", nil, true, []report.Phrase{report.Say("a"), report.Say("a")})
	r.Checked("user agent", []report.Constant{"R1"}, true, nil)
	r.Checked("lists", nil, false, []report.Phrase{report.Say("there are none")})
	return r
}

func TestText(t *testing.T) {
	const want = `clarify-doctor v1.0.0, reading and writing

TLS  1.3

2 findings.

times: differs from docs/live-api.md, D6
  whole seconds

users: differs from the contract (getUsers /data/*/name)
  is a string of 6 bytes | the contract has null (2 times)

For a sandbox that does the same:
  clarifytest.WithQuirkWholeSeconds(true)

Checks
  differs      users
  same         user agent  R1
  not checked  lists

Not checked
  users: a
  lists: there are none
`
	written(t, want, example().Text, false)
}

func TestMarkdown(t *testing.T) {
	const want = "**clarify-doctor v1.0.0** (go1.25), reading and writing. Values of the workspace are replaced by their types and lengths.\n" + `
- TLS: 1.3

2 findings.

| kind | # | check | operation | place | what | times |
|---|---|---|---|---|---|---|
| live-api | D6 | times |  |  | whole seconds | 1 |
| contract |  | users | ` + "`getUsers` | `/data/*/name`" + ` | is a string of 6 bytes \| the contract has null | 2 |
| known | R1 | user agent |  |  | 403 | 1 |

For a sandbox that does the same: ` + "`WithQuirkWholeSeconds(true)`" + `

<details><summary>Checks and operations</summary>

| check | # | result | not checked |
|---|---|---|---|
| users |  | differs | a |
| user agent | R1 | same |  |
| lists |  | not checked | there are none |

| operation | responses |
|---|---|
| ` + "`getUsers`" + ` | 2 × 200, 1 × 503 |

</details>
`
	written(t, want, example().Markdown, true)
}

func TestJSON(t *testing.T) {
	var b bytes.Buffer
	if err := example().JSON(&b, false); err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, b.Bytes()); err != nil {
		t.Fatal(err)
	}
	const want = `{"version":"v1.0.0","go":"go1.25","writes":true,"facts":[{"name":"TLS","value":"1.3"}],"findings":[` +
		`{"check":"times","kind":"live-api","ref":"D6","quirk":"WithQuirkWholeSeconds(true)","what":"whole seconds","count":1},` +
		`{"check":"users","kind":"contract","operation":"getUsers","place":"/data/*/name","what":"is a string of 6 bytes | the contract has null","count":2}],` +
		`"quirks":["WithQuirkWholeSeconds(true)"],"checks":[{"check":"users","result":"differs","not_checked":["a"]},` +
		`{"check":"user agent","refs":["R1"],"result":"same"},{"check":"lists","result":"not checked","not_checked":["there are none"]}],` +
		`"operations":{"getUsers":{"200":2,"503":1}}}`
	if compact.String() != want {
		t.Errorf("got  %s\nwant %s", compact.String(), want)
	}
}

func TestNothingFound(t *testing.T) {
	r := report.New("devel", "go1.25", false)
	var b bytes.Buffer
	if err := r.Text(&b, true); err != nil || !strings.Contains(b.String(), "Nothing differs.") {
		t.Errorf("%v %s", err, b.String())
	}
	b.Reset()
	if err := r.JSON(&b, true); err != nil || strings.Contains(b.String(), "null") {
		t.Errorf("%v %s", err, b.String())
	}
}

// full is a disk without room.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no room") }

func TestWriteErrorsAreReturned(t *testing.T) {
	r := example()
	for name, err := range map[string]error{"text": r.Text(full{}, true), "Markdown": r.Markdown(full{}, true), "JSON": r.JSON(full{}, true)} {
		if err == nil || !strings.Contains(err.Error(), "no room") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func written(t *testing.T, want string, write func(io.Writer, bool) error, known bool) {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, known); err != nil {
		t.Fatal(err)
	}
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}
