package mirror_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/mirror"
)

func TestAMirrorEqualsTheWorkspace(t *testing.T) {
	w := newWorld(t)
	seeded := w.server.Seed(t, 300)
	summary := w.run()
	w.equal()
	if n := summary.Total().Written; n != seeded.Total() {
		t.Errorf("%d records were written, there are %d", n, seeded.Total())
	}
	if want := []string{"company", "deal", "meeting", "person", "task"}; len(summary.Objects) != len(want) {
		t.Errorf("the objects are %v, must be %v", summary.Objects, want)
	}
	if len(summary.Migrated) == 0 {
		t.Error("no table was made")
	}
	for query, want := range map[string]string{
		"select count(*) > 0 from _users":   "1",
		"select count(*) > 0 from _schemas": "1",
		"select count(*) from _options where object = 'task' and field = 'status' and value = 'To Do'":                 "1",
		"select count(*) from person where _created_at is null or _record ->> '$.id' <> _id":                           "0",
		"select count(*) from person where (name ->> 'full_name') <> _record ->> '$.attributes.name.full_name'":        "0",
		"select count(*) from deal where typeof(amount) = 'text'":                                                      "0",
		"select count(*) from person p join company c on c._id = p.company_id where p._id in (select _id from person)": w.values("select count(*) from person where company_id is not null")[0],
	} {
		if got := w.values(query); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %v, want %s", query, got, want)
		}
	}
}

func TestARunAsksLittleIfNothingHasChanged(t *testing.T) {
	w := newWorld(t)
	w.server.Seed(t, 300)
	objects := len(w.run().Objects)
	// The overlap is over.
	w.run()
	n := w.requests(func() {
		if total := w.run().Total(); total != (mirror.ObjectSummary{}) {
			t.Errorf("the run did %+v", total)
		}
	})
	// Two for schemas, which have two pages, and one each for users, workflows, settings
	// and lists.
	if want := 2*objects + 6; n > want {
		var all []string
		for _, r := range w.server.Requests()[len(w.server.Requests())-n:] {
			all = append(all, r.String())
		}
		t.Errorf("a run took %d requests, want at most %d:\n%s", n, want, strings.Join(all, "\n"))
	}
}

func TestARunAsksLittleIfLittleHasChanged(t *testing.T) {
	w := newWorld(t)
	w.server.Seed(t, 2_000)
	full := w.requests(func() { w.run(mirror.WithPageSize(10)) })
	people := w.values("select _id from person")
	var changes []clarify.Change
	for _, id := range people[:len(people)/100] {
		changes = append(changes, clarify.Change{ID: id, Changes: clarify.Fields{"job_title": "Admiral"}})
	}
	for _, err := range clarify.People(w.client).BulkUpdate(t.Context(), slices.Values(changes)) {
		if err != nil {
			t.Fatal(err)
		}
	}
	part := w.requests(func() { w.run(mirror.WithPageSize(10)) })
	w.equal()
	t.Logf("%d requests for everything, %d for 1 %% of the people", full, part)
	// 16 are for the workspace and for objects of which nothing has changed.
	if part > 16+full*3/100 {
		t.Errorf("a run took %d requests, at first it were %d", part, full)
	}
}

func TestDeletedAndMergedRecordsGo(t *testing.T) {
	w := newWorld(t)
	w.server.Seed(t, 100)
	w.run(mirror.WithHistory())
	deals := w.values("select _id from deal order by _id")
	people := w.values("select _id from person order by _id")
	if err := clarify.Deals(w.client).Merge(t.Context(), deals[0], deals[1]); err != nil {
		t.Fatal(err)
	}
	if err := clarify.People(w.client).Delete(t.Context(), people[:3]...); err != nil {
		t.Fatal(err)
	}
	summary := w.run(mirror.WithHistory(), mirror.WithRefresh(-1))
	if d, p := summary.Objects["deal"], summary.Objects["person"]; d.Merged != 1 || p.Deleted != 3 {
		t.Errorf("the summary is %+v and %+v", d, p)
	}
	for _, query := range []string{
		"select _id from deal where _id = '" + deals[1] + "'",
		"select _id from person where _id in ('" + strings.Join(people[:3], "','") + "')",
		"select id from search where id in ('" + strings.Join(people[:3], "','") + "')",
		"select person_id from deal__people where person_id in ('" + strings.Join(people[:3], "','") + "')",
		"select person_id from person__deals where person_id in ('" + strings.Join(people[:3], "','") + "')",
	} {
		if got := w.values(query); len(got) > 0 {
			t.Errorf("%s: %v", query, got)
		}
	}
	if got := w.values("select change, count(*), max(merged_into) from _history where object = 'deal' and id = '" + deals[1] + "' group by 1 order by 1"); !slices.Contains(got, "merged|1|"+deals[0]) || !strings.HasPrefix(strings.Join(got, " "), "deleted|1|<nil>") {
		t.Errorf("the history of the merged deal is %v", got)
	}
	w.run(mirror.WithRefresh(0))
	w.equal()
}

func TestHistoryKeepsVersions(t *testing.T) {
	w := newWorld(t)
	person, err := clarify.People(w.client).Create(t.Context(), clarify.Person{JobTitle: "Analyst"})
	if err != nil {
		t.Fatal(err)
	}
	for _, title := range []string{"Engineer", "Head of Research"} {
		w.run(mirror.WithHistory())
		if _, err := clarify.People(w.client).Update(t.Context(), person.ID, clarify.Fields{"job_title": title}); err != nil {
			t.Fatal(err)
		}
	}
	w.run(mirror.WithHistory())
	// To read everything again adds nothing.
	w.run(mirror.WithHistory(), mirror.WithRefresh(0))
	got := w.values("select _record ->> '$.attributes.job_title' from _history where object = 'person' order by at, change")
	if want := []string{"Analyst", "Engineer", "Head of Research"}; !slices.Equal(got, want) {
		t.Errorf("the versions are %q, want %q", got, want)
	}
}

func TestASchemaThatChangesMigratesWithoutReadingAgain(t *testing.T) {
	w := newWorld(t, clarifytest.WithSchemaLag(0, 0), clarifytest.WithUnknownAttributes(), clarifytest.WithQuirkCustomObjectPatch(false))
	do := func(method, path, body string) {
		t.Helper()
		if err := w.client.Do(t.Context(), method, path, nil, json.RawMessage(body), nil); err != nil {
			t.Fatal(err)
		}
	}
	schema := func(properties string) {
		t.Helper()
		do("PUT", "schemas/objects/c_vehicle", `{"$id":"https://getclarify.ai/schemas/entities/c_vehicle","properties":{"plate":{"type":["string","null"]}`+properties+`}}`)
	}
	do("POST", "schemas/objects", `{"name":"Vehicle","plural":"Vehicles","properties":{"plate":{"type":["string","null"]},"seats":{"type":["number","null"]}}}`)
	vehicles := clarify.NewRecords[clarify.Fields](w.client, "c_vehicle")
	for _, plate := range []string{"A 1", "B 2"} {
		if _, err := vehicles.Create(t.Context(), clarify.Fields{"plate": plate, "seats": 5, "wheels": 4}); err != nil {
			t.Fatal(err)
		}
	}
	w.run()
	if got := w.values("select plate, seats from c_vehicle order by plate"); !slices.Equal(got, []string{"A 1|5", "B 2|5"}) {
		t.Fatalf("the rows are %v", got)
	}

	schema(`,"seats":{"type":["number","null"]},"wheels":{"type":["number","null"]}`)
	reads := 0
	summary := w.run(mirror.WithRefresh(-1))
	for _, r := range w.server.Requests()[len(w.server.Requests())-20:] {
		if r.Operation == "getResource" {
			reads++
		}
	}
	if !slices.Equal(summary.Migrated, []string{"c_vehicle"}) || reads > 0 {
		t.Errorf("the tables %v were migrated, %d records were read again", summary.Migrated, reads)
	}
	if got := w.values("select plate, seats, wheels from c_vehicle order by plate"); !slices.Equal(got, []string{"A 1|5|4", "B 2|5|4"}) {
		t.Errorf("with a new field the rows are %v", got)
	}

	schema(`,"seats":{"type":["boolean","null"]}`)
	w.run(mirror.WithRefresh(-1))
	if got := w.values("select plate, seats from c_vehicle order by plate"); !slices.Equal(got, []string{"A 1|<nil>", "B 2|<nil>"}) {
		t.Errorf("with a field of another kind the rows are %v", got)
	}
	if got := w.values("select name from pragma_table_info('c_vehicle') where name = 'wheels'"); len(got) > 0 {
		t.Error("the column of the removed field is still there")
	}

	do("DELETE", "schemas/objects/c_vehicle", "null")
	w.run(mirror.WithRefresh(-1))
	if got := w.values("select name from sqlite_master where name = 'c_vehicle' union all select object from search where object = 'c_vehicle' union all select key from _state where key like '%c_vehicle'"); len(got) > 0 {
		t.Errorf("of the removed object there is still %v", got)
	}
}

func TestAMigrationThatIsKilledIsFinished(t *testing.T) {
	for kill := 1; kill <= 6; kill++ {
		w := newWorld(t, clarifytest.WithSchemaLag(0, 0), clarifytest.WithUnknownAttributes())
		w.server.Seed(t, 50)
		people := w.client
		if _, err := clarify.NewRecords[clarify.Fields](people, "person").Create(t.Context(), clarify.Fields{"job_title": "x", "vip": true}); err != nil {
			t.Fatal(err)
		}
		w.run()
		if err := w.client.Do(t.Context(), "POST", "schemas/person/properties", nil, json.RawMessage(`{"data":{"type":"schema-properties","attributes":{"vip":{"type":["boolean","null"]}}}}`), nil); err != nil {
			t.Fatal(err)
		}
		left := kill
		_, err := mirror.Run(t.Context(), w.client, w.store, mirror.BatchSize(20), mirror.KilledWhen(func() bool { left--; return left == 0 }))
		if err != nil && !errors.Is(err, mirror.ErrKilled) {
			t.Fatal(err)
		}
		w.run()
		if got := w.values("select vip from person where job_title = 'x'"); !slices.Equal(got, []string{"1"}) {
			t.Errorf("killed at transaction %d: the new column has %v", kill, got)
		}
		w.equal()
	}
}

func TestACursorThatExpiredReadsEverythingAgain(t *testing.T) {
	clock := clarifytest.NewClock(time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC))
	w := newWorld(t, clarifytest.WithClock(clock.Now))
	w.server.Seed(t, 100)
	w.run()
	people := w.values("select _id from person order by _id")
	if err := clarify.People(w.client).Delete(t.Context(), people[0]); err != nil {
		t.Fatal(err)
	}
	clock.Advance(40 * 24 * time.Hour)
	summary := w.run(mirror.WithRefresh(-1))
	if p := summary.Objects["person"]; !p.Refreshed || p.Swept != 1 {
		t.Errorf("the summary is %+v", p)
	}
	w.equal()
}

func TestARefreshSeesWhatChangesCannotSee(t *testing.T) {
	w := newWorld(t)
	w.server.Seed(t, 100)
	w.run()
	deal, person := w.values("select _id from deal where _id not in (select deal_id from deal__people) union all select _id from deal limit 1")[0], w.values("select _id from person limit 1")[0]
	if err := clarify.Deals(w.client).Link(t.Context(), deal, "people", clarify.Ref{Type: "person", ID: person}); err != nil {
		t.Fatal(err)
	}
	company := w.values("select company_id from person where company_id is not null limit 1")[0]
	if err := clarify.Companies(w.client).Delete(t.Context(), company); err != nil {
		t.Fatal(err)
	}
	w.run(mirror.WithRefresh(0))
	w.equal()
	if got := w.values("select count(*) from person where company_id = '" + company + "'"); got[0] != "0" {
		t.Errorf("%s people have the deleted company", got[0])
	}
	if got := w.values("select deal_id from person__deals where person_id = '" + person + "' and deal_id = '" + deal + "'"); len(got) != 1 {
		t.Error("the new link is missing at its other end")
	}
}

func TestTheSecondOfTwoRunsWaitsOrSaysSo(t *testing.T) {
	w := newWorld(t)
	w.server.Seed(t, 100)
	entered, leave := make(chan struct{}), make(chan struct{})
	first := make(chan error, 1)
	once := false
	go func() {
		_, err := mirror.Run(t.Context(), w.client, w.store, mirror.WithProgress(func(mirror.Progress) {
			if !once {
				once = true
				close(entered)
				<-leave
			}
		}))
		first <- err
	}()
	<-entered
	if _, err := mirror.Run(t.Context(), w.client, w.store, mirror.WithoutWaiting()); !errors.Is(err, mirror.ErrLocked) {
		t.Errorf("the second run: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := mirror.Run(ctx, w.client, w.store); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a run that waits: %v", err)
	}
	close(leave)
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	w.equal()
}

func TestTheMirrorOfAnotherWorkspaceIsAnError(t *testing.T) {
	w := newWorld(t)
	w.server.Seed(t, 20)
	w.run()
	other := newWorld(t, clarifytest.WithWorkspace("other"))
	other.server.Seed(t, 20)
	if _, err := mirror.Run(t.Context(), other.client, w.store); !errors.Is(err, clarify.ErrCursorInvalid) {
		t.Errorf("the error is %v", err)
	}
}

func TestSearchFindsNamesEmailsAndTexts(t *testing.T) {
	w := newWorld(t)
	person := clarify.Person{Name: clarify.Name{FirstName: "Zoë", LastName: "Quartermain"}, EmailAddresses: clarify.Collection{"zq@analytical.example"}, JobTitle: "Cartographer"}
	p, err := clarify.People(w.client).Create(t.Context(), person)
	if err != nil {
		t.Fatal(err)
	}
	task, err := clarify.Tasks(w.client).Create(t.Context(), clarify.Task{Title: "Follow up", Description: clarify.Text("Ask for the lighthouse.")})
	if err != nil {
		t.Fatal(err)
	}
	w.run()
	for text, id := range map[string]string{"zoe": p.ID, "quartermain": p.ID, `"zq@analytical.example"`: p.ID, "cartographer": p.ID, "emails:analytical": p.ID, "title:follow": task.ID, "lighthouse": task.ID} {
		if got := w.values("select id from search where search match '" + text + "'"); !slices.Equal(got, []string{id}) {
			t.Errorf("%s finds %v", text, got)
		}
	}
	if _, err := clarify.People(w.client).Update(t.Context(), p.ID, clarify.Fields{"job_title": "Astronomer"}); err != nil {
		t.Fatal(err)
	}
	w.run()
	if got := w.values("select title, body from search where search match 'astronomer'"); !slices.Equal(got, []string{"Zoë Quartermain|Astronomer"}) {
		t.Errorf("after an update: %v", got)
	}
	if got := w.values("select id from search where search match 'cartographer'"); len(got) > 0 {
		t.Errorf("the old text is still found")
	}
}

func TestWhatBelongsToRecordsIsMirrored(t *testing.T) {
	w := newWorld(t)
	w.server.Seed(t, 30)
	person := w.create("person", clarify.Fields{"job_title": "x"})
	if _, err := w.client.AddComment(t.Context(), clarify.Ref{Type: "person", ID: person}, clarify.Text("Called back.")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.client.UploadAttachment(t.Context(), "person", person, "a.txt", strings.NewReader("hello"), 5); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	opts := []mirror.Option{mirror.WithActivities(), mirror.WithFiles(dir)}
	w.run(opts...)
	if got := w.values("select text from _comments where object = 'person' and id = '" + person + "'"); !slices.Equal(got, []string{"Called back."}) {
		t.Errorf("the comments are %v", got)
	}
	if got := w.values("select count(*) > 0 from _activities where id = '" + person + "'"); got[0] != "1" {
		t.Error("there are no activities")
	}
	files := w.values("select file from _attachments where name = 'a.txt' and id = '" + person + "'")
	if len(files) != 1 {
		t.Fatalf("the files are %v", files)
	}
	if b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(files[0]))); err != nil || string(b) != "hello" {
		t.Errorf("the file has %q: %v", b, err)
	}
	if n := w.requests(func() { w.run(opts...) }); n > 20 {
		t.Errorf("a run took %d requests though nothing had changed", n)
	}
	if err := clarify.People(w.client).Delete(t.Context(), person); err != nil {
		t.Fatal(err)
	}
	w.run(opts...)
	if got := w.values("select id from _comments where id = '" + person + "' union all select id from _attachments where id = '" + person + "' union all select id from _activities where id = '" + person + "'"); len(got) > 0 {
		t.Errorf("of the deleted person there is still %v", got)
	}
}

func TestARecordWhoseAttachmentsFailIsAskedAgain(t *testing.T) {
	w := newWorld(t)
	w.server.Seed(t, 30)
	person := w.create("person", clarify.Fields{"job_title": "x"})
	if _, err := w.client.UploadAttachment(t.Context(), "person", person, "a.txt", strings.NewReader("hello"), 5); err != nil {
		t.Fatal(err)
	}
	broken := w.server.Inject(clarifytest.Status(500), clarifytest.Operation("listRecordAttachments"), clarifytest.Matching(forRecord(person)))
	if summary := w.run(mirror.WithAttachments()); summary.Skipped != 1 {
		t.Errorf("%d records were skipped, want 1", summary.Skipped)
	}
	broken.Remove()
	w.run(mirror.WithAttachments())
	if got := w.values("select name from _attachments where id = '" + person + "'"); !slices.Equal(got, []string{"a.txt"}) {
		t.Errorf("the attachments are %v", got)
	}
}

func TestOptionsThatAreWrongAreErrors(t *testing.T) {
	w := newWorld(t)
	for name, opt := range map[string]mirror.Option{
		"nil": nil, "no objects": mirror.WithObjects(), "an empty object": mirror.WithObjects(""), "an unknown object": mirror.WithObjects("c_nothing"),
		"no concurrency": mirror.WithConcurrency(0), "no page": mirror.WithPageSize(0), "no directory": mirror.WithFiles(""), "a negative overlap": mirror.WithOverlap(-1),
	} {
		if _, err := mirror.Run(t.Context(), w.client, w.store, opt); err == nil {
			t.Errorf("%s is no error", name)
		}
	}
	if err := mirror.Follow(t.Context(), w.client, w.store, 0, nil); err == nil {
		t.Error("an interval of 0s is no error")
	}
}

func TestFollowGoesOnAfterErrorsThatPass(t *testing.T) {
	w := newWorld(t)
	w.server.Seed(t, 20)
	w.server.Inject(clarifytest.Status(503), clarifytest.Operation("getUsers"), clarifytest.Times(2))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	failed, done := 0, 0
	err := mirror.Follow(ctx, w.client, w.store, time.Millisecond, func(_ mirror.Summary, err error) {
		if err != nil {
			failed++
		} else if done++; done == 2 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || failed != 1 || done != 2 {
		t.Errorf("%d runs failed and %d did not: %v", failed, done, err)
	}
	w.server.Inject(clarifytest.Status(401), clarifytest.Operation("getUsers"))
	if err := mirror.Follow(t.Context(), w.client, w.store, time.Millisecond, nil); !errors.Is(err, clarify.ErrUnauthorized) {
		t.Errorf("an error that does not pass: %v", err)
	}
}

func TestQueryOnlyReads(t *testing.T) {
	w := newWorld(t)
	w.server.Seed(t, 20)
	w.run()
	dir := t.TempDir()
	for _, query := range []string{
		"delete from person", "drop table person", "create table x(a)", "insert into _users(_id) values('x')",
		"pragma query_only = 0; delete from person", "attach '" + filepath.Join(dir, "x.db") + "' as x; create table x.y(a)",
		"vacuum into '" + filepath.Join(dir, "y.db") + "'", "pragma journal_mode = delete",
	} {
		_, rows, err := w.store.Query(t.Context(), query)
		if err == nil {
			for _, rowErr := range rows {
				err = errors.Join(err, rowErr)
			}
		}
		if err == nil && !strings.HasPrefix(query, "pragma journal") {
			t.Errorf("%s is no error", query)
		}
	}
	if files, _ := os.ReadDir(dir); len(files) > 0 {
		t.Errorf("files were written: %v", files)
	}
	w.equal()
}

func TestTheQuestionsInTheDocumentAreSQL(t *testing.T) {
	w := newWorld(t)
	w.server.Seed(t, 100)
	w.run(mirror.WithHistory())
	text, err := os.ReadFile(filepath.Join("..", "docs", "mirror.md"))
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(text), "```sql\n")[1:]
	if len(parts) < 6 {
		t.Fatalf("the document has %d questions", len(parts))
	}
	for _, part := range parts {
		query, _, _ := strings.Cut(part, "```")
		w.values(query) // an error fails the test
	}
}
