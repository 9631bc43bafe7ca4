package clarify_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/gen"
)

// withSchema is a client of a sandbox, and the schema of its workspace.
func withSchema(t *testing.T, opts ...clarifytest.Option) (*clarify.Client, *clarifytest.Server, *clarify.Schema) {
	t.Helper()
	client, server := sandbox(t, opts...)
	schema, err := client.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return client, server, schema
}

// wrote returns how many requests were not reads.
func wrote(s *clarifytest.Server) int {
	n := 0
	for _, r := range s.Requests() {
		if r.Method != http.MethodGet {
			n++
		}
	}
	return n
}

func TestCheckedByRejectsARecordBeforeItIsSent(t *testing.T) {
	client, server, schema := withSchema(t)
	people := clarify.People(client)
	_, err := people.Create(t.Context(), crowd(1, 0)[0], clarify.CheckedBy(schema))
	if got := problemsOf(t, err); !errors.Is(err, clarify.ErrInvalid) || !slices.Equal(got, []string{`email_addresses/items/0: "nobody-0" is not an email address.`}) {
		t.Errorf("got %v", err)
	}
	_, err = people.Create(t.Context(), clarify.Person{System: clarify.System{ID: "x"}}, clarify.CheckedBy(schema))
	if got := problemsOf(t, err); !slices.Equal(got, []string{`_id: "_id" cannot be written: it is read-only.`}) {
		t.Errorf("got %v", err)
	}
	_, err = people.Update(t.Context(), "x", clarify.Fields{"deals": nil}, clarify.CheckedBy(schema))
	if got := problemsOf(t, err); len(got) != 1 || !strings.HasPrefix(got[0], "deals: ") {
		t.Errorf("got %v", err)
	}
	if n := wrote(server); n != 0 {
		t.Fatalf("%d requests were sent", n)
	}
	record, err := people.Create(t.Context(), crowd(1)[0], clarify.CheckedBy(schema), clarify.MatchOn("email_addresses"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := people.Update(t.Context(), record.ID, clarify.Fields{"job_title": nil}, clarify.CheckedBy(schema), clarify.Silent()); err != nil {
		t.Error(err)
	}
}

// A task needs a title, but not one that is changed, and not one that may exist.
func TestCheckedByRequiresFieldsOfNewRecordsOnly(t *testing.T) {
	client, server, schema := withSchema(t)
	tasks := clarify.Tasks(client)
	_, err := tasks.Create(t.Context(), clarify.Task{Status: "Done"}, clarify.CheckedBy(schema))
	if got := problemsOf(t, err); !slices.Equal(got, []string{`title: A new task must have a value for "title".`}) {
		t.Errorf("got %v", err)
	}
	if n := wrote(server); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
	record, err := tasks.Create(t.Context(), clarify.Task{Title: "Call"}, clarify.CheckedBy(schema))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tasks.Update(t.Context(), record.ID, clarify.Task{Status: "Done"}, clarify.CheckedBy(schema)); err != nil {
		t.Error(err)
	}
	// Whether the record exists is the API's to say.
	_, err = tasks.Create(t.Context(), clarify.Task{Status: "Done"}, clarify.CheckedBy(schema), clarify.MatchOn("status"))
	var e *clarify.Error
	if !errors.As(err, &e) || e.StatusCode == 0 {
		t.Errorf("got %v", err)
	}
}

// The pointers are those of the request that would have been sent.
func TestCheckedByPointsAtWhatTheAPIWouldPointAt(t *testing.T) {
	client, server, _ := withSchema(t, noSchemaLag)
	addFields(t, client, "person", map[string]any{"size": map[string]any{"type": []string{"string", "null"}, "enum": []string{"S", "M"}}})
	if _, err := client.CreateCustomObjectWithResponse(t.Context(), nil, gen.CreateCustomObjectJSONRequestBody{Name: "Thing", Plural: "Things"}); err != nil {
		t.Fatal(err)
	}
	const custom = "c_thing"
	addFields(t, client, custom, map[string]any{"n": map[string]any{"type": []string{"number", "null"}}})
	schema, err := client.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pointer := func(err error) string {
		t.Helper()
		var e *clarify.Error
		if !errors.As(err, &e) || len(e.Errors) != 1 {
			t.Fatalf("got %v", err)
		}
		return e.Errors[0].Pointer
	}
	people, things := clarify.NewRecords[clarify.Fields](client, "person"), clarify.NewRecords[clarify.Fields](client, custom)
	person, err := people.Create(t.Context(), clarify.Fields{})
	if err != nil {
		t.Fatal(err)
	}
	thing, err := things.Create(t.Context(), clarify.Fields{})
	if err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func(opts ...clarify.WriteOption) error{
		"create": func(opts ...clarify.WriteOption) error {
			_, err := people.Create(t.Context(), clarify.Fields{"size": "m"}, opts...)
			return err
		},
		"update": func(opts ...clarify.WriteOption) error {
			_, err := people.Update(t.Context(), person.ID, clarify.Fields{"size": "m"}, opts...)
			return err
		},
		"update of a custom object": func(opts ...clarify.WriteOption) error {
			_, err := things.Update(t.Context(), thing.ID, clarify.Fields{"n": "x"}, opts...)
			return err
		},
	} {
		theirs := pointer(write())
		before := wrote(server)
		if ours := pointer(write(clarify.CheckedBy(schema))); ours != theirs {
			t.Errorf("%s: it points at %s, the API at %s", name, ours, theirs)
		}
		if wrote(server) != before {
			t.Errorf("%s: something was sent", name)
		}
	}
}

// An item that is removed was accepted once, or came from elsewhere.
func TestCheckedByLetsBadItemsBeRemoved(t *testing.T) {
	f := responding(t, 200, `{"data":{"type":"person","id":"p","attributes":{}}}`)
	people := clarify.NewRecords[clarify.Fields](f.client(t), "person")
	schema := observedSchema(t)
	bad := clarify.Fields{"email_addresses": clarify.Collection{"nobody"}}
	if _, err := people.Update(t.Context(), "p", bad, clarify.CheckedBy(schema), clarify.Remove("email_addresses")); err != nil {
		t.Error(err)
	}
	if _, err := people.Update(t.Context(), "p", bad, clarify.CheckedBy(schema), clarify.Append("email_addresses")); !errors.Is(err, clarify.ErrInvalid) {
		t.Errorf("got %v", err)
	}
	bare := clarify.Fields{"email_addresses": clarify.Collection{"nobody"}, "job_title": 7}
	if _, err := people.Update(t.Context(), "p", bare, clarify.CheckedBy(schema), clarify.Remove("email_addresses")); len(problemsOf(t, err)) != 1 {
		t.Errorf("got %v", err)
	}
	if n := len(f.requests()); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestCheckedByThatCannotBeUsedIsAnError(t *testing.T) {
	client, server, schema := withSchema(t)
	errorsOf := map[string]error{}
	_, errorsOf["no schema"] = clarify.People(client).Create(t.Context(), clarify.Person{}, clarify.CheckedBy(nil))
	_, errorsOf["a schema without the object"] = clarify.NewRecords[clarify.Fields](client, "c_none").Create(t.Context(), clarify.Fields{}, clarify.CheckedBy(schema))
	_, errorsOf["an update of another object"] = clarify.NewRecords[clarify.Fields](client, "c_none").Update(t.Context(), "x", clarify.Fields{"a": 1}, clarify.CheckedBy(schema))
	for _, err := range clarify.NewRecords[clarify.Fields](client, "c_none").Import(t.Context(), slices.Values([]clarify.Fields{{"a": 1}}), clarify.CheckedBy(schema)) {
		errorsOf["an import of another object"] = err
	}
	for _, err := range clarify.NewRecords[clarify.Fields](client, "c_none").BulkUpdate(t.Context(), slices.Values([]clarify.Change{{ID: "x", Changes: clarify.Fields{"a": 1}}}), clarify.CheckedBy(schema)) {
		errorsOf["a bulk update of another object"] = err
	}
	for _, err := range clarify.People(client).BulkDelete(t.Context(), slices.Values([]string{"x"}), clarify.CheckedBy(schema)) {
		errorsOf["a deletion"] = err
	}
	_, errorsOf["a comment"] = client.EditComment(t.Context(), "x", clarify.Text("x"), clarify.CheckedBy(schema))
	for name, err := range errorsOf {
		var e *clarify.Error
		if err == nil || errors.As(err, &e) || !strings.HasPrefix(err.Error(), "clarify: ") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if n := wrote(server); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// The results are the same as without the check, except that bad inputs cost nothing:
// neither their batch is split, nor is one sent that has none but bad ones.
func TestImportCheckedBySendsOnlyWhatTheAPIAccepts(t *testing.T) {
	bad := []int{0, 7, 42, 99, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 249}
	inputs := crowd(250, bad...)
	type outcome struct {
		outcome  clarify.Outcome
		pointers string
	}
	results := func(checked bool, opts ...clarify.BulkOption) (all []outcome, requests int, last clarify.Progress, rest []clarify.BulkResult[clarify.Person, clarify.Person]) {
		client, server, schema := withSchema(t)
		if checked {
			opts = append(opts, clarify.CheckedBy(schema))
		}
		opts = append(opts, clarify.BatchSize(20), clarify.Concurrency(2), clarify.OnBatch(func(p clarify.Progress) { last = p }))
		found, err := imported(t, clarify.People(client).Import(t.Context(), slices.Values(inputs), opts...))
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range found {
			o := outcome{outcome: r.Outcome}
			for pointer := range refusals(t, r.Err) {
				o.pointers += pointer
			}
			all = append(all, o)
			if r.Confirmed != r.Index+1 || r.Index != found[0].Index+i {
				t.Errorf("input %d: %d are confirmed", r.Index, r.Confirmed)
			}
		}
		return all, wrote(server), last, found
	}
	want, split, _, _ := results(false)
	got, requests, last, _ := results(true)
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	// 235 good ones in batches of 20.
	if requests != 12 || last.Requests != 12 || split <= requests {
		t.Errorf("%d requests, progress says %d; without the check %d", requests, last.Requests, split)
	}
	if last.Done != 250 || last.Confirmed != 250 || last.Count(clarify.Refused) != len(bad) || last.Count(clarify.Created) != 235 {
		t.Errorf("the last progress is %+v", last)
	}
	_, requests, last, rest := results(true, clarify.Resume(100), clarify.MatchOn("email_addresses"))
	if len(rest) != 150 || rest[0].Outcome != clarify.Refused || requests != 7 || last.Done != 250 || last.Confirmed != 250 {
		t.Errorf("resumed: %d results, %d requests, %+v", len(rest), requests, last)
	}
	inputs = crowd(3, 0, 1, 2)
	if all, requests, last, _ := results(true); len(all) != 3 || requests != 0 || last.Count(clarify.Refused) != 3 || last.Requests != 0 {
		t.Errorf("all are bad: %v, %d requests, %+v", all, requests, last)
	}
}

func TestBulkUpdateCheckedByChecksOnlyWhatChanges(t *testing.T) {
	client, server, schema := withSchema(t)
	tasks := clarify.Tasks(client)
	var changes []clarify.Change
	for i := range 60 {
		record, err := tasks.Create(t.Context(), clarify.Task{Title: fmt.Sprint("Task ", i)})
		if err != nil {
			t.Fatal(err)
		}
		status := "Done"
		if i%20 == 7 {
			status = "done"
		}
		changes = append(changes, clarify.Change{ID: record.ID, Changes: clarify.Task{Status: status}})
	}
	before := wrote(server)
	results, err := imported(t, tasks.BulkUpdate(t.Context(), slices.Values(changes), clarify.CheckedBy(schema), clarify.BatchSize(20)))
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		want := clarify.Updated
		if i%20 == 7 {
			want = clarify.Refused
			if found := refusals(t, r.Err); found["/data/0/attributes/status"].Detail != `"done" is no option, but "Done" is: case and spaces matter.` {
				t.Errorf("got %v", r.Err)
			}
		}
		wantEqual(t, fmt.Sprint("the outcome of ", i), r.Outcome, want)
	}
	if n := wrote(server) - before; n != 3 {
		t.Errorf("%d requests, want 3", n)
	}
}
