package clarify_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
)

// everyOperator has the operators by their names in the API.
var everyOperator = map[clarify.Operator]string{
	clarify.Is:                 "Is",
	clarify.IsNot:              "Is not",
	clarify.Contains:           "Contains",
	clarify.DoesNotContain:     "Does not contain",
	clarify.StartsWith:         "Starts with",
	clarify.EndsWith:           "Ends with",
	clarify.GreaterThan:        "Greater than",
	clarify.GreaterThanOrEqual: "Greater than or equal",
	clarify.LessThan:           "Less than",
	clarify.LessThanOrEqual:    "Less than or equal",
	clarify.IsBefore:           "Is before",
	clarify.IsOnOrBefore:       "Is on or before",
	clarify.IsAfter:            "Is after",
	clarify.IsOnOrAfter:        "Is on or after",
	clarify.OneOf:              "One of",
	clarify.NotOneOf:           "Not one of",
	clarify.IsEmpty:            "Is empty",
	clarify.IsNotEmpty:         "Is not empty",
	clarify.IsSet:              "Is set",
	clarify.IsNotSet:           "Is not set",
}

var withoutValue = []clarify.Operator{clarify.IsEmpty, clarify.IsNotEmpty, clarify.IsSet, clarify.IsNotSet}

func valuesFor(op clarify.Operator) []any {
	if slices.Contains(withoutValue, op) {
		return nil
	}
	return []any{"v"}
}

// ask sends a query and returns the parameters that arrived, without the page.
func ask(t *testing.T, opts ...clarify.QueryOption) url.Values {
	t.Helper()
	f := responding(t, 200, emptyPage)
	if _, err := collect(t, clarify.People(f.client(t)).All(t.Context(), opts...)); err != nil {
		t.Fatal(err)
	}
	query := f.parameters(t)
	query.Del("page[limit]")
	return query
}

func TestOperatorIsSentByName(t *testing.T) {
	if len(everyOperator) != 20 {
		t.Errorf("there are %d operators", len(everyOperator))
	}
	for op, name := range everyOperator {
		got := ask(t, clarify.Where("field", op, valuesFor(op)...))
		want := url.Values{"filter[field][" + name + "]": {strings.Repeat("v", len(valuesFor(op)))}}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %v, want %v", op, got, want)
		}
	}
}

func TestConditionsAddUp(t *testing.T) {
	for name, test := range map[string]struct {
		options []clarify.QueryOption
		want    url.Values
	}{
		"two operators make a range": {
			[]clarify.QueryOption{clarify.Where("amount", clarify.GreaterThan, 1), clarify.Where("amount", clarify.LessThan, 5)},
			url.Values{"filter[amount][Greater than]": {"1"}, "filter[amount][Less than]": {"5"}},
		},
		"the same condition twice is one": {
			[]clarify.QueryOption{clarify.Where("a", clarify.Is, 1), clarify.Where("a", clarify.Is, "1")},
			url.Values{"filter[a][Is]": {"1"}},
		},
		"one operator on two fields": {
			[]clarify.QueryOption{clarify.Where("a", clarify.Is, 1), clarify.Where("b", clarify.Is, 2)},
			url.Values{"filter[a][Is]": {"1"}, "filter[b][Is]": {"2"}},
		},
		"a dotted field": {
			[]clarify.QueryOption{clarify.Where("person.company_id.name", clarify.Is, "Acme")},
			url.Values{"filter[person.company_id.name][Is]": {"Acme"}},
		},
		"one of several": {
			[]clarify.QueryOption{clarify.Where("stage", clarify.OneOf, "Won", stage("Lost"), 3)},
			url.Values{"filter[stage][One of]": {"Won,Lost,3"}},
		},
		"one of a slice": {
			[]clarify.QueryOption{clarify.Where("stage", clarify.NotOneOf, []string{"Won", "Lost"})},
			url.Values{"filter[stage][Not one of]": {"Won,Lost"}},
		},
		"one of an array": {
			[]clarify.QueryOption{clarify.Where("stage", clarify.OneOf, [2]string{"Won", "Lost"})},
			url.Values{"filter[stage][One of]": {"Won,Lost"}},
		},
		"one of one": {
			[]clarify.QueryOption{clarify.Where("stage", clarify.OneOf, "Won")},
			url.Values{"filter[stage][One of]": {"Won"}},
		},
		"sorting": {
			[]clarify.QueryOption{clarify.OrderBy("_created_at", clarify.Descending), clarify.OrderBy("_created_at", clarify.Descending)},
			url.Values{"sortOrder[column]": {"_created_at"}, "sortOrder[dir]": {"DESC"}},
		},
		"sorting upwards": {
			[]clarify.QueryOption{clarify.OrderBy("a&b", clarify.Ascending)},
			url.Values{"sortOrder[column]": {"a&b"}, "sortOrder[dir]": {"ASC"}},
		},
		"related records": {
			[]clarify.QueryOption{clarify.Include("company_id", "deals"), clarify.Include("deals", "a b"), clarify.Include()},
			url.Values{"include": {"company_id,deals,a b"}},
		},
		"an offset": {
			[]clarify.QueryOption{clarify.Offset(3), clarify.Offset(0), clarify.Offset(7)},
			url.Values{"page[offset]": {"7"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ask(t, test.options...); fmt.Sprint(got) != fmt.Sprint(test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestPageSizeIsAsked(t *testing.T) {
	for _, test := range []struct {
		options []clarify.QueryOption
		want    string
	}{
		{nil, "500"},
		{[]clarify.QueryOption{clarify.PageSize(1)}, "1"},
		{[]clarify.QueryOption{clarify.PageSize(500)}, "500"},
		{[]clarify.QueryOption{clarify.PageSize(9), clarify.PageSize(8)}, "8"},
		{[]clarify.QueryOption{clarify.Limit(7)}, "7"},
		{[]clarify.QueryOption{clarify.Limit(7), clarify.PageSize(5)}, "5"},
		{[]clarify.QueryOption{clarify.Limit(700)}, "500"},
		{[]clarify.QueryOption{clarify.Limit(math.MaxInt)}, "500"},
	} {
		f := responding(t, 200, emptyPage)
		if _, err := collect(t, clarify.People(f.client(t)).All(t.Context(), test.options...)); err != nil {
			t.Fatal(err)
		}
		if got := f.parameters(t).Get("page[limit]"); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

func TestQueryThatCannotBeExpressedIsAnError(t *testing.T) {
	var noString *string
	var noInt *big.Int
	for name, test := range map[string]struct {
		option clarify.QueryOption
		words  []string
	}{
		"no field":                 {clarify.Where("", clarify.Is, 1), []string{"field is empty"}},
		"brackets in a field":      {clarify.Where("a]b", clarify.Is, 1), []string{`"a]b"`, "brackets"}},
		"an unknown operator":      {clarify.Where("a", "Equals", 1), []string{`"Equals"`, `"Is not"`, `"Does not contain"`, `"Is not set"`}},
		"an operator's case":       {clarify.Where("a", "is", 1), []string{`"is"`}},
		"no value":                 {clarify.Where("a", clarify.Is), []string{`"a"`, "Is", "one value", "0"}},
		"two values":               {clarify.Where("a", clarify.Contains, 1, 2), []string{`"a"`, "Contains", "one value", "2"}},
		"a value too many":         {clarify.Where("a", clarify.IsSet, true), []string{`"a"`, "Is set", "no value"}},
		"none of several":          {clarify.Where("a", clarify.OneOf), []string{`"a"`, "One of", "one or more"}},
		"an empty slice":           {clarify.Where("a", clarify.OneOf, []string{}), []string{"one or more"}},
		"a comma in several":       {clarify.Where("a", clarify.OneOf, "x", "y,z"), []string{`"y,z"`, "comma"}},
		"a comma in one":           {clarify.Where("a", clarify.NotOneOf, "y,z"), []string{"comma"}},
		"nil":                      {clarify.Where("a", clarify.Is, nil), []string{"nil", "IsEmpty"}},
		"a nil pointer":            {clarify.Where("a", clarify.Is, noString), []string{"nil", "IsEmpty"}},
		"a nil pointer to text":    {clarify.Where("a", clarify.Is, noInt), []string{"nil", "IsEmpty"}},
		"a slice for one":          {clarify.Where("a", clarify.Is, []string{"x"}), []string{"[]string", "OneOf"}},
		"a struct":                 {clarify.Where("a", clarify.Is, struct{ A int }{1}), []string{"struct"}},
		"a map":                    {clarify.Where("a", clarify.Is, map[string]any{}), []string{"map"}},
		"a channel":                {clarify.Where("a", clarify.Is, make(chan int)), []string{"chan"}},
		"not a number":             {clarify.Where("a", clarify.Is, math.NaN()), []string{"NaN"}},
		"infinity":                 {clarify.Where("a", clarify.Is, math.Inf(-1)), []string{"-Inf"}},
		"text for a number":        {clarify.Where("a", clarify.Is, json.Number("1,5")), []string{`"1,5"`}},
		"no text for a number":     {clarify.Where("a", clarify.Is, json.Number("")), []string{`""`}},
		"JSON that is no number":   {clarify.Where("a", clarify.Is, json.Number("null")), []string{`"null"`}},
		"a huge exponent":          {clarify.Where("a", clarify.Is, json.Number("1e999999999")), []string{"exponent"}},
		"a day that is not there":  {clarify.Where("a", clarify.Is, clarify.Date{Year: 2026, Month: 2, Day: 29}), []string{"2026-02-29"}},
		"no day":                   {clarify.Where("a", clarify.Is, clarify.Date{}), []string{"0000-00-00"}},
		"a year with five digits":  {clarify.Where("a", clarify.Is, time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)), []string{"10000"}},
		"no option":                {nil, []string{"nil"}},
		"sorting by nothing":       {clarify.OrderBy("", clarify.Ascending), []string{"OrderBy", "empty"}},
		"sorting nowhere":          {clarify.OrderBy("a", "asc"), []string{"OrderBy", `"asc"`, "Ascending"}},
		"an empty include":         {clarify.Include("a", ""), []string{"Include", "empty"}},
		"an include with a comma":  {clarify.Include("a,b"), []string{"Include", "comma"}},
		"a page of none":           {clarify.PageSize(0), []string{"PageSize(0)", "500"}},
		"a page of too many":       {clarify.PageSize(501), []string{"PageSize(501)", "500"}},
		"a page of less than none": {clarify.PageSize(-1), []string{"PageSize(-1)"}},
		"less than none":           {clarify.Limit(-1), []string{"Limit(-1)"}},
		"before the first":         {clarify.Offset(-1), []string{"Offset(-1)"}},
		"a search":                 {clarify.Search("x"), []string{"getResources", "Search"}},
		"an empty search":          {clarify.Search(""), []string{"Search"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := responding(t, 200, emptyPage)
			people := clarify.People(f.client(t))
			records, err := collect(t, people.All(t.Context(), test.option))
			wantNotSent(t, f, err, append(test.words, "clarify: ")...)
			pages, err := collect(t, people.Pages(t.Context(), clarify.Limit(1), test.option))
			wantNotSent(t, f, err, test.words...)
			wantEqual(t, "len(records)", len(records), 0)
			wantEqual(t, "len(pages)", len(pages), 0)
		})
	}
}

func TestContradictingOptionsAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		options []clarify.QueryOption
		words   []string
	}{
		"an operator with two values": {
			[]clarify.QueryOption{clarify.Where("f", clarify.Contains, "a"), clarify.Where("f", clarify.Contains, "b")},
			[]string{`"f"`, "Contains", `"a"`, `"b"`, "once"},
		},
		"two sortings": {
			[]clarify.QueryOption{clarify.OrderBy("a", clarify.Ascending), clarify.OrderBy("b", clarify.Ascending)},
			[]string{`"a"`, `"b"`, "one field"},
		},
		"two directions": {
			[]clarify.QueryOption{clarify.OrderBy("a", clarify.Ascending), clarify.OrderBy("a", clarify.Descending)},
			[]string{"one field"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := responding(t, 200, emptyPage)
			_, err := collect(t, clarify.People(f.client(t)).All(t.Context(), test.options...))
			wantNotSent(t, f, err, test.words...)
		})
	}
}

func TestOptionKeepsItsValues(t *testing.T) {
	values := []any{"a"}
	names := []string{"company_id"}
	where, include := clarify.Where("f", clarify.Is, values...), clarify.Include(names...)
	values[0], names[0] = "b", "deals"
	for range 2 {
		got := ask(t, where, include)
		wantEqual(t, `got.Get("filter[f][Is]")`, got.Get("filter[f][Is]"), "a")
		wantEqual(t, `got.Get("include")`, got.Get("include"), "company_id")
	}
}

func TestGetTakesIncludeOnly(t *testing.T) {
	f := responding(t, 200, oneRecord)
	for name, option := range map[string]clarify.QueryOption{
		"Where":    clarify.Where("a", clarify.Is, 1),
		"OrderBy":  clarify.OrderBy("a", clarify.Ascending),
		"PageSize": clarify.PageSize(1),
		"Limit":    clarify.Limit(1),
		"Offset":   clarify.Offset(1),
		"Search":   clarify.Search("a"),
	} {
		_, err := clarify.People(f.client(t)).Get(t.Context(), "x", option)
		wantNotSent(t, f, err, "getResource", name)
	}
	if _, err := clarify.People(f.client(t)).Get(t.Context(), "x", clarify.Include("company_id", "deals")); err != nil {
		t.Fatal(err)
	}
	if got := f.parameters(t); fmt.Sprint(got) != "map[include:[company_id,deals]]" {
		t.Errorf("got %v", got)
	}
}

// brackets takes a name such as filter[name][Is] apart, as a server does.
func brackets(name string) []string {
	base, rest, found := strings.Cut(name, "[")
	keys := []string{base}
	for found {
		var key string
		if key, rest, found = strings.Cut(rest, "]"); !found {
			return nil
		}
		keys = append(keys, key)
		if rest == "" {
			return keys
		}
		rest, found = strings.CutPrefix(rest, "[")
	}
	return keys
}

// queryRecorder is a transport that responds everything with the same page.
type queryRecorder struct{ query, body string }

func (r *queryRecorder) RoundTrip(req *http.Request) (*http.Response, error) {
	r.query = req.URL.RawQuery
	return &http.Response{
		StatusCode:    200,
		Header:        http.Header{"Content-Type": {"application/json"}},
		ContentLength: int64(len(r.body)),
		Body:          io.NopCloser(strings.NewReader(r.body)),
		Request:       req,
	}, nil
}

func (r *queryRecorder) connect(t testing.TB) *clarify.Client {
	t.Helper()
	client, err := clarify.New("acme", authn.APIKey(testKey), clarify.WithHTTPClient(&http.Client{Transport: r}))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func FuzzQuery(f *testing.F) {
	for i, seed := range []string{
		"name", "person.company_id.name", "a b", "a+b", "a&filter[x][Is]=1", "%5B", "a=b", "#", "é", "\x00", "\xff", "a]", "[", ",", "null", "*", ">5", "page[limit]",
	} {
		f.Add(seed, uint8(i), seed, "Won", "Lost")
		f.Add("name", uint8(i), seed, seed, seed)
	}
	sent := &queryRecorder{body: emptyPage}
	people := clarify.People(sent.connect(f))
	var names []clarify.Operator
	for op := range everyOperator {
		names = append(names, op)
	}
	slices.Sort(names)
	f.Fuzz(func(t *testing.T, field string, n uint8, value, first, second string) {
		op := names[int(n)%len(names)]
		values, want := []any{value}, value
		switch {
		case slices.Contains(withoutValue, op):
			values, want = nil, ""
		case op == clarify.OneOf || op == clarify.NotOneOf:
			values, want = []any{first, second}, first+","+second
		}
		sent.query = "nothing was sent"
		var failed error
		for _, err := range people.All(t.Context(), clarify.Where(field, op, values...), clarify.OrderBy("x"+field, clarify.Ascending)) {
			failed = err
		}
		inexpressible := field == "" || strings.ContainsAny(field, "[]") ||
			len(values) == 2 && strings.Contains(first+second, ",")
		if inexpressible != (failed != nil) {
			t.Fatalf("field %q, %s, values %q: %v", field, op, values, failed)
		}
		if failed != nil {
			wantEqual(t, "sent.query", sent.query, "nothing was sent")
			if !utf8.ValidString(failed.Error()) && utf8.ValidString(field+first+second) {
				t.Errorf("%q was sent, and the error is %v", sent.query, failed)
			}
			return
		}
		got, err := url.ParseQuery(sent.query)
		if err != nil {
			t.Fatal(err)
		}
		expected := map[string]string{
			fmt.Sprintf("%q", []string{"filter", field, string(op)}): want,
			fmt.Sprintf("%q", []string{"sortOrder", "column"}):       "x" + field,
			fmt.Sprintf("%q", []string{"sortOrder", "dir"}):          "ASC",
			fmt.Sprintf("%q", []string{"page", "limit"}):             "500",
		}
		for name, values := range got {
			path := fmt.Sprintf("%q", brackets(name))
			wanted, ok := expected[path]
			if !ok {
				t.Fatalf("%s is %q in %q", path, values, sent.query)
			}
			if len(values) != 1 {
				t.Fatalf("len(values) is %v, want %v", len(values), 1)
			}
			wantEqual(t, "values[0]", values[0], wanted)
			delete(expected, path)
		}
		if len(expected) > 0 {
			t.Errorf("%v is missing in %q", expected, sent.query)
		}
	})
}
