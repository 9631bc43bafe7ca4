package clarify_test

import (
	"encoding/json"
	"errors"
	"iter"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
)

func TestSetSendsExactlyItsFields(t *testing.T) {
	people, sent := wired(t)
	changes := clarify.Set(
		clarify.DealFields.Stage.To("Won"),
		clarify.DealFields.Amount.Clear(),
		clarify.DealFields.Labels.Append("renewal", "a,b"),
		clarify.PersonFields.Name.Merge(clarify.Name{FirstName: "Ada"}),
		clarify.CompanyFields.Domains.Remove("acme.com"),
		clarify.PersonFields.PhoneNumbers.Replace(),
	)
	const want = `PATCH /v1/workspaces/acme/objects/person/records/1 {"data":{"type":"person","id":"1","attributes":{` +
		`"stage":"Won","amount":null,"labels":{"items":["renewal","a,b"]},"name":{"first_name":"Ada"},` +
		`"domains":{"items":["acme.com"]},"phone_numbers":{"items":[]}}},` +
		`"meta":{"domains":{"collection":"remove"},"labels":{"collection":"append"},"name":{"object":"merge"},"phone_numbers":{"collection":"replace"}}}`
	for range 2 { // changes can be used again
		_, err := people.Update(t.Context(), "1", changes)
		wantEqual(t, "the request", sent(err), want)
	}
	_, err := people.Update(t.Context(), "1", &changes)
	wantEqual(t, "the request for a pointer", sent(err), want)

	_, err = people.Update(t.Context(), "1", clarify.Set(clarify.DealFields.Labels.To("x")), clarify.Append("labels"), clarify.Silent())
	wantEqual(t, "the request with options", sent(err), `PATCH /v1/workspaces/acme/objects/person/records/1?silent=true `+
		`{"data":{"type":"person","id":"1","attributes":{"labels":{"items":["x"]}}},"meta":{"labels":{"collection":"append"}}}`)
	_, err = people.Update(t.Context(), "1", clarify.Set(clarify.DealFields.Labels.Append("x")), clarify.Append("labels"))
	wantEqual(t, "whether the same option is accepted", strings.Contains(sent(err), `"append"`), true)

	b, err := json.Marshal(changes)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "the JSON", string(b), want[strings.Index(want, `{"stage"`):strings.Index(want, `},"meta"`)])
}

func TestSetKeepsTheValuesItWasGiven(t *testing.T) {
	labels := []string{"x"}
	list := []clarify.FieldChange{clarify.DealFields.Labels.To(labels...)}
	changes := clarify.Set(list...)
	labels[0], list[0] = "y", clarify.FieldChange{}
	b, err := json.Marshal(changes)
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "the JSON", string(b), `{"labels":{"items":["x"]}}`)
}

func TestSetReportsInvalidChanges(t *testing.T) {
	people, sent := wired(t)
	deal := clarify.DealFields
	var none *clarify.Changes
	for _, test := range []struct {
		name    string
		changes any
		opts    []clarify.WriteOption
		want    string
	}{
		{"no change", clarify.Set(), nil, "clarify: Set: there is no change"},
		{"the zero value", clarify.Changes{}, nil, "clarify: Set: there is no change"},
		{"nil", none, nil, "is null"},
		{"a zero change", clarify.Set(deal.Stage.To("Won"), clarify.FieldChange{}), nil, "clarify: Set: change 1 has no field"},
		{"a field without a name", clarify.Set(clarify.TextField{}.To("x")), nil, "clarify: Set: change 0 has no field"},
		{"a field without a name that is cleared", clarify.Set(clarify.TextField{}.Clear()), nil, "has no field"},
		{"a field twice", clarify.Set(deal.Stage.To("Won"), deal.Stage.Clear()), nil, `clarify: Set: field "stage" has two changes`},
		{"nothing to append", clarify.Set(deal.Labels.Append()), nil, `clarify: Set: field "labels": Append has no item`},
		{"nothing to remove", clarify.Set(deal.Labels.Remove()), nil, `clarify: Set: field "labels": Remove has no item`},
		{"nothing to append to an array", clarify.Set(clarify.NewArrayField[int]("list").Append()), nil, `"list": Append has no item`},
		{"nothing to merge", clarify.Set(clarify.PersonFields.Name.Merge(clarify.Name{})), nil, `clarify: Set: field "name": Merge has no member`},
		{"an empty id", clarify.Set(deal.CompanyID.To("")), nil, `clarify: Set: field "company_id": the id is empty`},
		{"a day that does not exist", clarify.Set(deal.CloseDate.To(clarify.Date{Year: 2026, Month: 2, Day: 30})), nil, `field "close_date"`},
		{"a zero time", clarify.Set(clarify.MeetingFields.Start.To(time.Time{})), nil, `field "start": the time is zero`},
		{"a year beyond 9999", clarify.Set(clarify.MeetingFields.Start.To(time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC))), nil, "invalid year 10000"},
		{"not a number", clarify.Set(deal.Amount.To(math.NaN())), nil, `field "amount"`},
		{"an infinite number", clarify.Set(deal.Amount.To(math.Inf(1))), nil, `field "amount"`},
		{"a number that is none", clarify.Set(deal.Amount.Exact().To("12,50")), nil, `field "amount": invalid number "12,50"`},
		{"an empty number", clarify.Set(deal.Amount.Exact().To("")), nil, `field "amount": invalid number ""`},
		{"a value that is null", clarify.Set(clarify.NewValueField[any]("x").To(nil)), nil, `field "x": the value is null in JSON; use Clear`},
		{"a value that cannot be encoded", clarify.Set(clarify.NewValueField[any]("x").To(func() {})), nil, `field "x": json:`},
		{"a field of the system", clarify.Set(clarify.NewTextField("_id").To("x")), nil, `the changes have "_id"`},
		{"an id", clarify.Set(clarify.NewTextField("id").To("x")), nil, `the changes have "id"`},
		{"an option that says otherwise", clarify.Set(deal.Labels.Append("x")), []clarify.WriteOption{clarify.Remove("labels")}, `Remove "labels": the field has another such option`},
		{"an option for another field", clarify.Set(deal.Labels.Append("x")), []clarify.WriteOption{clarify.Append("names")}, `Append "names": the changes do not have this field`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := people.Update(t.Context(), "1", test.changes, test.opts...)
			if got := sent(err); !strings.HasPrefix(got, "error: clarify: ") || !strings.Contains(got, test.want) {
				t.Errorf("got %s, want an error with %s", got, test.want)
			}
			results, err := collect(t, people.BulkUpdate(t.Context(), slices.Values([]clarify.Change{{ID: "1", Changes: test.changes}}), bulkOptions(test.opts)...))
			if len(results) == 1 {
				err = errors.Join(err, results[0].Err)
			}
			if got := sent(err); !strings.HasPrefix(got, "error: ") || !strings.Contains(got, test.want) {
				t.Errorf("in bulk: got %s, want an error with %s", got, test.want)
			}
		})
	}
}

func bulkOptions(opts []clarify.WriteOption) []clarify.BulkOption {
	all := make([]clarify.BulkOption, len(opts))
	for i, opt := range opts {
		all[i] = opt
	}
	return all
}

func TestFieldsWithoutANameAreAnError(t *testing.T) {
	people, sent := wired(t)
	for _, option := range []clarify.QueryOption{
		clarify.TextField{}.Is("x"), clarify.NumberFilter[int]("").IsEmpty(), clarify.DateField[time.Time]{}.OrderBy(clarify.Ascending),
		clarify.LinkField[string]{}.Include(),
	} {
		mentions(t, query(t, people, option), "empty")
		wantEqual(t, "what is sent", sent(nil), "")
	}
	_, err := people.Create(t.Context(), clarify.Fields{"name": "x"}, clarify.UniqueTextField{}.MatchOn())
	mentions(t, err, "MatchOn: the field is empty")
}

func TestBulkUpdateOfTypedChanges(t *testing.T) {
	people, s := inMemory(t)
	var changes []clarify.Change
	for _, result := range allWritten(t, people.Import(t.Context(), slices.Values(crowd(3)))) {
		changes = append(changes, clarify.Change{ID: result.Record.ID, Changes: clarify.Set(
			clarify.PersonFields.JobTitle.Clear(), clarify.PersonFields.Labels.Append("x"), clarify.PersonFields.Name.To(clarify.Name{FirstName: "Ada"}),
		)})
	}
	changes[2].Changes = clarify.Set(clarify.PersonFields.Labels.Replace("y"))
	if _, err := people.Update(t.Context(), changes[0].ID, clarify.Set(clarify.PersonFields.Labels.To("w"))); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, result := range allWritten(t, people.BulkUpdate(t.Context(), slices.Values(changes))) {
		a := result.Record.Attributes
		got = append(got, a.Name.FirstName+"/"+a.JobTitle+"/"+strings.Join(a.Labels, ","))
	}
	wantEqual(t, "the records", strings.Join(got, " "), "Ada//w,x Ada//x /Number 2/y")
	wantEqual(t, "the requests", counted(s, "updateRecords"), 2) // one for each way to combine
}

// allWritten runs through results that must all have a record.
func allWritten[I, T any](t *testing.T, results iter.Seq2[clarify.BulkResult[I, T], error]) []clarify.BulkResult[I, T] {
	t.Helper()
	all, err := imported(t, results)
	if err != nil {
		t.Fatal(err)
	}
	for _, result := range all {
		if result.Err != nil {
			t.Fatal(result.Err)
		}
	}
	return all
}
