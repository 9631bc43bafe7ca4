package clarify_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
)

func TestBulkUpdateChangesWhatIsThere(t *testing.T) {
	client, server := sandbox(t)
	people := clarify.People(client)
	made, err := imported(t, people.Import(t.Context(), slices.Values(crowd(250))))
	if err != nil {
		t.Fatal(err)
	}
	changes := func(yield func(clarify.Change) bool) {
		for i, r := range made {
			change := clarify.Change{ID: r.Record.ID, Changes: clarify.Fields{"job_title": fmt.Sprint("New ", i)}}
			switch i {
			case 7:
				change.ID = "00000000-0000-4000-8000-000000000000"
			case 120:
				change.Changes = clarify.Fields{"email_addresses": clarify.Collection{"nobody"}}
			case 130:
				change.ID = ".."
			case 131:
				change.Changes = clarify.Fields{}
			}
			if !yield(change) {
				return
			}
		}
	}
	results, err := imported(t, people.BulkUpdate(t.Context(), changes, clarify.Concurrency(3)))
	if err != nil {
		t.Fatal(err)
	}
	if outcomes(results) != "7 updated, 1 refused, 112 updated, 1 refused, 9 updated, 2 refused, 118 updated" {
		t.Fatalf("got %s, %v", outcomes(results), err)
	}
	wantIs(t, results[7].Err, clarify.ErrNotFound, true)
	wantIs(t, results[120].Err, clarify.ErrInvalid, true)
	mentions(t, results[130].Err, `the id of the change: invalid id ".."`)
	mentions(t, results[131].Err, "empty")
	if r := results[9]; r.Record.Attributes.JobTitle != "New 9" || r.Record.ID != made[9].Record.ID {
		t.Errorf("got %+v", r)
	}
	there := present(t, people)
	wantEqual(t, `there["p9@example.com"]`, there["p9@example.com"], "New 9")
	wantEqual(t, `there["p120@example.com"]`, there["p120@example.com"], "Number 120")
	wantEqual(t, `there["p7@example.com"]`, there["p7@example.com"], "Number 7")
	if n := counted(server, "updateRecords"); n > 3+14+1 {
		t.Errorf("%d requests", n)
	}
}

func TestSeveralChangesOfOneRecordAreMadeInTheirOrder(t *testing.T) {
	client, _ := sandbox(t)
	people := clarify.People(client)
	made, err := people.Create(t.Context(), person("a@example.com", ""))
	if err != nil {
		t.Fatal(err)
	}
	var changes []clarify.Change
	for i := range 30 {
		changes = append(changes, clarify.Change{ID: made.ID, Changes: clarify.Fields{"job_title": fmt.Sprint(i)}})
	}
	results, err := imported(t, people.BulkUpdate(t.Context(), slices.Values(changes), clarify.Concurrency(8)))
	if err != nil {
		t.Fatal(err)
	}
	if outcomes(results) != "30 updated" {
		t.Fatalf("got %s, %v", outcomes(results), err)
	}
	for i, r := range results {
		if r.Record.Attributes.JobTitle != fmt.Sprint(i) {
			t.Errorf("change %d made it %s", i, r.Record.Attributes.JobTitle)
		}
	}
}

func TestBulkUpdateCombinesAsUpdateDoes(t *testing.T) {
	client, _ := sandbox(t)
	people := clarify.People(client)
	made, err := imported(t, people.Import(t.Context(), slices.Values(crowd(3))))
	if err != nil {
		t.Fatal(err)
	}
	more := func(i int) clarify.Change {
		return clarify.Change{ID: made[i].Record.ID, Changes: clarify.Person{EmailAddresses: clarify.Collection{fmt.Sprintf("more%d@example.com", i)}}}
	}
	changes := []clarify.Change{more(0), {ID: made[1].Record.ID, Changes: clarify.Fields{"job_title": "x"}}, more(2)}
	results, err := imported(t, people.BulkUpdate(t.Context(), slices.Values(changes), clarify.Append("email_addresses")))
	if err != nil {
		t.Fatal(err)
	}
	if outcomes(results) != "1 updated, 1 refused, 1 updated" {
		t.Fatalf("got %s, %v", outcomes(results), err)
	}
	if got := results[2].Record.Attributes.EmailAddresses; !slices.Equal(got, clarify.Collection{"p2@example.com", "more2@example.com"}) {
		t.Errorf("got %v", got)
	}
	mentions(t, results[1].Err, "Append", "email_addresses")
}

func TestBulkDeleteDeletesWhatIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		people, server := inMemory(t)
		made, err := imported(t, people.Import(t.Context(), slices.Values(crowd(100))))
		if err != nil {
			t.Fatal(err)
		}
		all := ids(recordsOf(made))
		all[33] = "00000000-0000-4000-8000-000000000000"
		all = append(all, all[5], "")
		results, err := imported(t, people.BulkDelete(t.Context(), slices.Values(all), clarify.BatchSize(25), clarify.Concurrency(3)))
		if err != nil {
			t.Fatal(err)
		}
		if outcomes(results) != "33 deleted, 1 refused, 66 deleted, 2 refused" {
			t.Fatalf("got %s, %v", outcomes(results), err)
		}
		wantIs(t, results[33].Err, clarify.ErrNotFound, true)
		wantIs(t, results[100].Err, clarify.ErrNotFound, true)
		mentions(t, results[101].Err, `the id: invalid id ""`)
		if got := present(t, people); len(got) != 1 {
			t.Errorf("%d are left", len(got))
		}

		made, err = imported(t, people.Import(t.Context(), slices.Values(crowd(33))))
		if err != nil {
			t.Fatal(err)
		}
		server.Inject(clarifytest.ResetAfterWork(), clarifytest.Operation("deleteRecords"), clarifytest.At(1))
		results, err = imported(t, people.BulkDelete(t.Context(), slices.Values(ids(recordsOf(made))), clarify.BatchSize(25)))
		if err != nil {
			t.Error(err)
		}
		if outcomes(results) != "33 deleted" {
			t.Errorf("got %s, %v", outcomes(results), err)
		}
	})
}
