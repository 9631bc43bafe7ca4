package clarifytest

import (
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/entropy"
	"github.com/clarify-go/clarify/clarifytest/internal/schema"
)

// shelves is a state with a shelf to try things on.
func shelves(t *testing.T) (*state, *shelf[string], func(func(*change) error)) {
	t.Helper()
	s := newState(time.Now, entropy.New(nil, 'i').UUID, reportedQuirks())
	return s, &s.heirs, func(f func(*change) error) { _ = s.write("user", f) }
}

func TestAShelfKeepsTheOrderOfFirstPuts(t *testing.T) {
	_, shelf, write := shelves(t)
	if _, ok := shelf.find("a"); ok || shelf.len() != 0 || len(shelf.all()) != 0 || len(shelf.ids()) != 0 {
		t.Error("a new shelf is not empty")
	}
	write(func(c *change) error {
		for _, id := range []string{"b", "a", "c"} {
			shelf.put(c, id, "old "+id)
		}
		shelf.put(c, "a", "new a")
		shelf.remove(c, "b")
		shelf.remove(c, "nothing")
		shelf.put(c, "b", "late b")
		return nil
	})
	if got := strings.Join(shelf.all(), ","); got != "new a,old c,late b" {
		t.Errorf("all: %s", got)
	}
	if got := strings.Join(shelf.ids(), ","); got != "a,c,b" || shelf.len() != 3 {
		t.Errorf("ids: %s, len: %d", got, shelf.len())
	}
	if got, f := shelf.get("thing", "c"); got != "old c" || f != nil {
		t.Errorf("get: %s, %v", got, f)
	}
	if _, f := shelf.get("thing", "d"); f == nil || failureOf(f).status() != 404 {
		t.Errorf("get of what is not there: %v", f)
	}
}

func TestAFailedChangeLeavesAShelfAsItWas(t *testing.T) {
	s, shelf, write := shelves(t)
	write(func(c *change) error {
		shelf.put(c, "a", "1")
		shelf.put(c, "b", "2")
		shelf.put(c, "c", "3")
		return nil
	})
	spoil := func(c *change) error {
		shelf.put(c, "d", "4")
		shelf.remove(c, "a")
		shelf.put(c, "b", "5")
		shelf.put(c, "a", "6")
		shelf.remove(c, "c")
		shelf.remove(c, "d")
		return badRequest("No.")
	}
	unchanged := func() {
		t.Helper()
		if ids, all := strings.Join(shelf.ids(), ""), strings.Join(shelf.all(), ""); ids != "abc" || all != "123" {
			t.Errorf("ids %s, values %s", ids, all)
		}
		if one, _ := shelf.find("b"); one != "2" {
			t.Errorf("b is %s", one)
		}
	}
	write(spoil)
	unchanged()
	s.epoch = new(epoch)
	write(spoil)
	unchanged()
	write(func(c *change) error {
		shelf.remove(c, "b")
		return nil
	})
	if ids := strings.Join(shelf.ids(), ""); ids != "ac" {
		t.Errorf("ids %s", ids)
	}
}

func TestACopyOfAShelfIsASnapshot(t *testing.T) {
	s, shelf, write := shelves(t)
	write(func(c *change) error {
		shelf.put(c, "a", "1")
		return nil
	})
	before := s.holdings
	s.epoch = new(epoch)
	write(func(c *change) error {
		shelf.put(c, "a", "2")
		shelf.put(c, "b", "3")
		return nil
	})
	if got := before.heirs.all(); !slices.Equal(got, []string{"1"}) {
		t.Errorf("the snapshot has %v", got)
	}
	if got := shelf.all(); !slices.Equal(got, []string{"2", "3"}) {
		t.Errorf("the shelf has %v", got)
	}
}

func TestAShelfDoesNotGrowWithWhatIsRemoved(t *testing.T) {
	_, shelf, write := shelves(t)
	for range 1000 {
		write(func(c *change) error {
			shelf.put(c, "a", "1")
			shelf.remove(c, "a")
			return nil
		})
	}
	if n := len(shelf.data.slots); n > 32 {
		t.Errorf("there are %d slots", n)
	}
}

// A snapshot copies holdings, which is only right for what copies itself when it
// is changed, and for what never changes.
func TestHoldingsAreShelves(t *testing.T) {
	unchanging := []reflect.Type{reflect.TypeFor[*schema.Set](), reflect.TypeFor[*schemaWork](), reflect.TypeFor[uint64]()}
	all := reflect.TypeFor[holdings]()
	for i := range all.NumField() {
		field := all.Field(i)
		if !strings.HasPrefix(field.Type.String(), "clarifytest.shelf[") && !slices.Contains(unchanging, field.Type) {
			t.Errorf("%s is a %s, neither a shelf nor unchanging", field.Name, field.Type)
		}
	}
}

// What belongs to a workspace and is not in its holdings would not be in a
// snapshot either.
func TestAWorkspaceHoldsNothingElse(t *testing.T) {
	for _, test := range []struct {
		all    reflect.Type
		fields []string
	}{
		{reflect.TypeFor[workspace](), []string{"Workspace", "state"}},
		{reflect.TypeFor[state](), []string{"clock", "newID", "quirks", "gate", "mu", "epoch", "version", "holdings", "selections"}},
	} {
		var fields []string
		for i := range test.all.NumField() {
			fields = append(fields, test.all.Field(i).Name)
		}
		if !slices.Equal(fields, test.fields) {
			t.Errorf("%s has the fields %v, not %v: what a snapshot must have goes to holdings", test.all, fields, test.fields)
		}
	}
}

func TestPageOf(t *testing.T) {
	server := &Server{config: &config{}}
	request := httptest.NewRequest("GET", "http://example.com/v1/workspaces/acme/lists?page%5Blimit%5D=2", nil)
	column := func(value string, name string) (any, bool) {
		if name == "length" {
			return len(value), true
		}
		return nil, name == "nothing"
	}
	for query, want := range map[string]string{
		"":                             "bbb,a,cc",
		"page[limit]=2":                "bbb,a",
		"page[limit]=2&page[offset]=2": "cc",
		"page[offset]=7":               "",
		"sortOrder[column]=length&sortOrder[dir]=ASC":   "a,cc,bbb",
		"sortOrder[column]=length&sortOrder[dir]=DESC":  "bbb,cc,a",
		"sortOrder[column]=nothing&sortOrder[dir]=DESC": "cc,a,bbb",
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		got, f := pageOf(&call{server: server, request: request, query: values}, []string{"bbb", "a", "cc"}, column)
		if f != nil || strings.Join(got.Data, ",") != want || got.Meta.TotalRecords != 3 {
			t.Errorf("%s: %v, %+v", query, f, got)
		}
	}
	for _, query := range []url.Values{{"page[limit]": {"501"}}, {"sortOrder[column]": {"length"}}, {"sortOrder[column]": {"lenght"}, "sortOrder[dir]": {"ASC"}}} {
		if _, f := pageOf(&call{server: server, request: request, query: query}, []string{}, column); f == nil || failureOf(f).status() != 400 {
			t.Errorf("%v: %v", query, f)
		}
	}
}
