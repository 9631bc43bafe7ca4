package contract_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/gen"
)

// read decodes a document, which must fit T as far as is needed.
func read[T any](t testing.TB, document string) T {
	t.Helper()
	var value T
	if err := json.Unmarshal([]byte(document), &value); err != nil {
		t.Fatalf("%v\n%s", err, document)
	}
	return value
}

// wantJSON checks what a value is encoded to.
func wantJSON(t testing.TB, value any, want string) {
	t.Helper()
	if got, err := json.Marshal(value); err != nil || !sameJSON(t, got, []byte(want)) {
		t.Errorf("encoded to %s, %v\nwant       %s", got, err, want)
	}
}

// live-api.md, D6.
func TestUsersAreReadThoughTheirTimesAreNone(t *testing.T) {
	const document = `{"data":[` +
		`{"type":"user","id":"a","attributes":{"_id":"a","_created_at":{},"_updated_at":"2026-02-03 04:05","last_active_at":{},"email":"ada@acme.com","name":{"first_name":"Ada"}}},` +
		`{"type":"user","id":"b","attributes":{"_id":"b","_created_at":"2026-02-03T04:05:06Z","_updated_at":null,"last_active_at":null}}` +
		`],"links":{"next":null,"prev":null},"meta":{"total_records":2}}`
	page := read[gen.UserPage](t, document)
	if len(page.Data) != 2 {
		t.Fatalf("%d users", len(page.Data))
	}
	ada, other := page.Data[0].Attributes, page.Data[1].Attributes
	if email, err := ada.Email.Get(); err != nil || email != "ada@acme.com" || ada.Name.FirstName != "Ada" {
		t.Errorf("%+v", ada)
	}
	if !ada.CreatedAt.IsZero() || !ada.UpdatedAt.IsZero() || ada.LastActiveAt.IsSpecified() {
		t.Errorf("there are times: %+v", ada)
	}
	if other.CreatedAt.IsZero() {
		t.Errorf("_created_at is not read: %+v", other)
	}
	if !other.LastActiveAt.IsNull() {
		t.Errorf("last_active_at is not null: %+v", other)
	}
	if kept, ok := ada.AdditionalProperties["_created_at"].(map[string]any); !ok || len(kept) != 0 {
		t.Errorf("_created_at is kept as %v, want {}", ada.AdditionalProperties["_created_at"])
	}
	if got, want := ada.AdditionalProperties["_updated_at"], "2026-02-03 04:05"; got != want {
		t.Errorf("_updated_at is kept as %v, want %s", got, want)
	}
	if kept, ok := other.AdditionalProperties["_updated_at"]; !ok || kept != nil {
		t.Errorf("_updated_at is kept as %v (there: %t), want null", kept, ok)
	}
	wantJSON(t, page, document)
}

func TestAMemberThatDoesNotFitLeavesItsFieldUnset(t *testing.T) {
	for name, tt := range map[string]struct {
		document string
		unset    func(v gen.AsyncTaskAttributes) bool
		kept     string
		want     any
	}{
		"a fraction for an integer": {`{"progress":33.3}`, func(v gen.AsyncTaskAttributes) bool { return !v.Progress.IsSpecified() }, "progress", json.Number("33.3")},
		"digits in a string":        {`{"total":"17"}`, func(v gen.AsyncTaskAttributes) bool { return !v.Total.IsSpecified() }, "total", "17"},
		"more than an int holds":    {`{"total":9223372036854775808}`, func(v gen.AsyncTaskAttributes) bool { return !v.Total.IsSpecified() }, "total", json.Number("9223372036854775808")},
		"a number for a string":     {`{"user_id":5}`, func(v gen.AsyncTaskAttributes) bool { return v.UserID == "" }, "user_id", json.Number("5")},
		"null for what is never null": {
			`{"user_id":null}`, func(v gen.AsyncTaskAttributes) bool { return v.UserID == "" }, "user_id", nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := read[gen.AsyncTaskAttributes](t, tt.document)
			kept, ok := v.AdditionalProperties[tt.kept]
			if !tt.unset(v) {
				t.Errorf("the field is set: %+v", v)
			}
			if !ok || kept != tt.want {
				t.Errorf("%s is kept as %v (there: %t), want %v", tt.kept, kept, ok, tt.want)
			}
			if n := len(v.AdditionalProperties); n != 1 {
				t.Errorf("%d members are kept, want 1: %v", n, v.AdditionalProperties)
			}
			wantJSON(t, v, tt.document)
		})
	}
}

// Enumerations are open, and a constant that is another is kept in its field.
func TestOtherWordsThanTheContractsAreRead(t *testing.T) {
	const document = `{"type":"Later","id":"x","attributes":{"state":"dormant"}}`
	list := read[gen.List](t, document)
	if list.Type != "Later" {
		t.Errorf("type %q, want Later", list.Type)
	}
	if list.Attributes.State != "dormant" {
		t.Errorf("state %q, want dormant", list.Attributes.State)
	}
	wantJSON(t, list, document)
}

// One that is there but not an object does not lose the others.
func TestObjectsAreReadThoughOthersBesideThemAreNone(t *testing.T) {
	const document = `{"errors":[{"status":"422","detail":"a"},null,"b",{"status":"422","detail":"c"}]}`
	failure := read[gen.ErrorDocument](t, document)
	if failure.Errors == nil || len(*failure.Errors) != 2 {
		t.Fatalf("got %+v, want 2 errors", failure)
	}
	if got := (*failure.Errors)[1].Detail; got != "c" {
		t.Fatalf("the second error's detail is %q, want c", got)
	}
	wantJSON(t, failure, document)
	if got := gen.Unfit(failure); !slices.Equal(got, []string{"/errors/1", "/errors/2"}) {
		t.Errorf("unfit: %q", got)
	}
	// What the caller makes of it counts.
	*failure.Errors = (*failure.Errors)[:1]
	wantJSON(t, failure, `{"errors":[{"status":"422","detail":"a"}]}`)

	// A list of strings is read as a whole or not at all.
	const strings = `{"items":["a",5]}`
	labels := read[gen.StringCollection](t, strings)
	if labels.Items != nil {
		t.Errorf("%+v", labels)
	}
	wantJSON(t, labels, strings)

	const byName = `{"data":{"type":"person","id":"x","attributes":{},"relationships":{"a":{"data":null},"b":"none","c":null}}}`
	record := read[gen.ResourceDocument](t, byName)
	if r := record.Data.Relationships; r == nil || len(*r) != 1 {
		t.Errorf("%+v", record.Data)
	}
	wantJSON(t, record, byName)
}

func TestWhatWasAbsentStaysAbsent(t *testing.T) {
	const document = `{"data":{"type":"list","id":"x"}}`
	list := read[gen.ListDocument](t, document)
	wantJSON(t, list, document)
	list.Data.Attributes.Title = "Customers"
	list.Data.Attributes.Emoji.SetNull()
	encoded, err := json.Marshal(list.Data.Attributes)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"title":"Customers"`, `"emoji":null`} {
		if !strings.Contains(string(encoded), want) {
			t.Errorf("encoded to %s, want %s in it", encoded, want)
		}
	}
}

// A field that was set wins over what was received for it.
func TestAFieldThatWasSetSinceIsWritten(t *testing.T) {
	user := read[gen.UserAttributes](t, `{"_id":7,"_created_at":{},"name":"Ada","profile_picture":null}`)
	user.ID = "user_7"
	user.Name.FirstName = "Ada"
	wantJSON(t, user, `{"_id":"user_7","_created_at":{},"name":{"first_name":"Ada","last_name":""},"profile_picture":null}`)
	// To write a zero value, what was received is removed.
	user.ID = ""
	delete(user.AdditionalProperties, "_id")
	delete(user.AdditionalProperties, "profile_picture")
	wantJSON(t, user, `{"_id":"","_created_at":{},"name":{"first_name":"Ada","last_name":""}}`)
}

// The digits of a number that is another in Go's form are kept beside it.
func TestNumbersKeepTheirDigits(t *testing.T) {
	for _, rank := range []string{"1.50", "1e2", "-0", "12345678901234567890.1234567890", "0.1"} {
		document := `{"rank":` + rank + `}`
		list := read[gen.ListAttributes](t, document)
		want, err := json.Number(rank).Float64()
		if err != nil {
			t.Errorf("%s: %v", rank, err)
		}
		if list.Rank != want {
			t.Errorf("%s is read as %v, want %v", rank, list.Rank, want)
		}
		wantJSON(t, list, document)
		list.Rank = 7
		wantJSON(t, list, `{"rank":7}`)
	}
	for _, total := range []string{"17.0", "170e-1", "1.7E1"} {
		document := `{"total":` + total + `}`
		task := read[gen.AsyncTaskAttributes](t, document)
		if n, err := task.Total.Get(); err != nil || n != 17 {
			t.Errorf("%s is read as %v, %v", total, n, err)
		}
		wantJSON(t, task, document)
	}
}

func TestOfSeveralMembersWithOneNameTheLastOneCounts(t *testing.T) {
	for document, title := range map[string]string{
		`{"title":5,"title":"a"}`:               "a",
		`{"title":"a","title":5}`:               "",
		`{"title":"a","\u0074itle":"b"}`:        "b",
		`{"title":null,"title":[],"title":"c"}`: "c",
	} {
		list := read[gen.ListAttributes](t, document)
		if list.Title != title {
			t.Errorf("%s: %q", document, list.Title)
		}
		wantJSON(t, list, document)
	}
}

func TestALayoutIsReadThoughThereIsMoreInItThanTheContractSays(t *testing.T) {
	const document = `{"_id":"x","tree":{"version":1,"later":true,"children":[` +
		`{"id":"t","type":"Tabs","children":[{"id":5,"type":"Tab","props":{"kind":"details","name":null,"icon":"x"}}]},` +
		`{"id":"w","type":"Widgets","children":[null,{"id":"f","type":"FieldsWidget","children":[],"collapsed":true}]},` +
		`{"id":"s","type":"Sidebar","children":[{"type":"Later"},7]}]}}`
	layout := read[gen.Layout](t, document)
	wantJSON(t, layout, document)
	page, err := layout.Tree.AsRecordPageTree()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := layout.Tree.AsNavigationTree(); err == nil {
		t.Error("it is read as a navigation, too")
	}
	tabs, err := page.Children[0].AsLayoutTabs()
	if err != nil || len(tabs.Children) != 1 {
		t.Fatalf("tabs: got %+v, %v, want one child", tabs, err)
	}
	if got := tabs.Children[0].AdditionalProperties["id"]; got != json.Number("5") {
		t.Errorf("the id in the tabs is kept as %v, want 5", got)
	}
	widgets, err := page.Children[1].AsLayoutWidgets()
	if err != nil || len(widgets.Children) != 1 {
		t.Fatalf("widgets: got %+v, %v, want one child", widgets, err)
	}
	if got := widgets.Children[0].AdditionalProperties["collapsed"]; got != true {
		t.Errorf("collapsed in the widgets is kept as %v, want true", got)
	}
	var again gen.LayoutTree
	if err := again.FromRecordPageTree(page); err != nil {
		t.Fatal(err)
	}
	layout.Tree = again
	wantJSON(t, layout, document)
}

// Unfit is what makes a test strict.
func TestUnfitSaysWhereAValueDiffersFromTheContract(t *testing.T) {
	const links, meta = `"links":{"next":null,"prev":null}`, `"meta":{"total_records":1,"total_pages":1}`
	const user = `{"type":"user","id":"a","attributes":{"_id":"a","_created_at":"2026-02-03T04:05:06Z","_updated_at":"2026-02-03T04:05:06Z","name":{"first_name":"","last_name":""},"roles":{"items":[]}}}`
	for _, tt := range []struct {
		value any
		want  []string
	}{
		{read[gen.UserPage](t, `{`+links+`,`+meta+`,"data":[`+user+`]}`), nil},
		{read[*gen.UserPage](t, `{`+links+`,"data":[`+user+`],"a":"b"}`), []string{"/meta"}},
		{read[gen.UserPage](t, `{`+links+`,"meta":{"total_records":"1","total_pages":1.5},"data":[`+user+`]}`), []string{"/meta/total_pages", "/meta/total_records"}},
		{read[gen.UserPage](t, `{`+links+`,`+meta+`,"data":[`+user+`,`+strings.Replace(user, `"user"`, `"member"`, 1)+`]}`), []string{"/data/1/type"}},
		{read[[]gen.User](t, `[`+strings.Replace(user, `"2026-02-03T04:05:06Z"`, `{}`, 1)+`]`), []string{"/0/attributes/_created_at"}},
		{read[gen.ListOptions](t, `{"columnWidths":{"a/b":"wide"},"columnMetrics":null}`), []string{"/columnMetrics", "/columnWidths"}},
		{read[gen.Layout](t, `{"_id":"x","_created_at":null,"_created_by":null,"_updated_at":null,"_updated_by":null,"tree":{"version":1}}`), []string{"/tree"}},
		{read[gen.ListAttributes](t, `{}`).Query, nil},
		{"text", nil},
		{nil, nil},
	} {
		if got := gen.Unfit(tt.value); !slices.Equal(got, tt.want) {
			t.Errorf("%T: %q, want %q", tt.value, got, tt.want)
		}
	}
}
