package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
)

func day(text string) clarify.Date {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return clarify.DateOf(t)
}

func TestThePipelineIsExact(t *testing.T) {
	w := newWorld(t)
	for i, d := range []clarify.Deal{
		{Stage: "Lead", Amount: "0.1", CloseDate: day("2026-03-01")},
		{Stage: "Lead", Amount: "0.2", CloseDate: day("2026-03-31")},
		{Stage: "Won", Amount: "123456789012.3456", CloseDate: day("2026-03-15")},
		{Stage: "Won", Amount: "876543210987.6546", CloseDate: day("2026-03-15")}, // no binary fraction of 64 bits has it
		{Stage: "Lost", Amount: "-5", CloseDate: day("2025-10-01")},               // the first month
		{Stage: "Lead", Amount: "7", CloseDate: day("2025-09-30")},                // the day before
		{Stage: "Proposal", Amount: "11", CloseDate: day("2026-09-30")},           // the last month
		{Stage: "Proposal", Amount: "13", CloseDate: day("2026-10-01")},           // the day after
		{Stage: "Qualified", CloseDate: day("2026-04-01")},
		{Amount: "1000.50"},
	} {
		d.Name = fmt.Sprint("Deal ", i)
		w.deal(d)
	}
	w.on("2026-03-15")
	w.copy()
	p, err := w.mirror.pipeline(t.Context(), w.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	show := func(name string, stages []*figure, total *figure) {
		line := name + ":"
		for i, f := range stages {
			if f.Deals > 0 {
				line += fmt.Sprintf(" %s %s (%d)", p.Stages[i].Name, &f.Amount, f.Deals)
			}
		}
		got = append(got, line+fmt.Sprintf(" = %s (%d)", &total.Amount, total.Deals))
	}
	for _, at := range p.Periods {
		if at.Total.Deals > 0 || at.Month == "" {
			show(at.Name, at.Stages, &at.Total)
		}
	}
	var totals []*figure
	for _, s := range p.Stages {
		totals = append(totals, &s.Total)
	}
	show("All", totals, &p.Total)
	want := []string{
		"Earlier: Lead 7 (1) = 7 (1)",
		"Oct 2025: Lost −5 (1) = −5 (1)",
		"Mar 2026: Lead 0.3 (2) Won 1,000,000,000,000.0002 (2) = 1,000,000,000,000.3002 (4)",
		"Apr 2026: Qualified 0 (1) = 0 (1)",
		"Sep 2026: Proposal 11 (1) = 11 (1)",
		"Later: Proposal 13 (1) = 13 (1)",
		"No close date: No stage 1,000.5 (1) = 1,000.5 (1)",
		"All: Lead 7.3 (3) Qualified 0 (1) Proposal 24 (2) Won 1,000,000,000,000.0002 (2) Lost −5 (1) No stage 1,000.5 (1) = 1,000,000,001,026.8002 (10)",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if p.Without != 1 || len(p.Periods) != 3+12 {
		t.Errorf("%d deals have no amount, and there are %d periods", p.Without, len(p.Periods))
	}
	body := w.get("/").Body.String()
	for _, part := range []string{`1,000,000,000,000.3002 <span class="count">(4)</span>`, "Mar 2026, Lead: 0.3 in 2 deals", "<dd>1,000,000,001,026.8002</dd>"} {
		if !strings.Contains(body, part) {
			t.Errorf("the page lacks %s:\n%s", part, body)
		}
	}
	if strings.Contains(body, "Oct 2025, Lost") {
		t.Error("a sum below zero is drawn")
	}
}

func TestChartsFitTheirFrame(t *testing.T) {
	for _, highest := range []string{"0", "0.0001", "1", "5", "10", "99", "123456", "999999999999.9999"} {
		p := &pipeline{Stages: []*stage{{Name: "Lead"}, {Name: strings.Repeat("long", 20)}}}
		for i := range 12 {
			one, none := &figure{Deals: 1}, &figure{}
			one.Amount.add(highest)
			p.Stages[0].Total.plus(one)
			p.Periods = append(p.Periods, &period{Name: "Jan 2026", Month: fmt.Sprintf("2026-%02d", i+1), Stages: []*figure{one, none}})
		}
		for _, c := range []*chart{p.byMonth(), p.byStage()} {
			if len(c.Bars) == 0 && highest != "0" {
				t.Errorf("%s: %s has no bars", highest, c.ID)
			}
			for _, b := range c.Bars {
				if b.X < 0 || b.Y < 0 || b.W <= 0 || b.H <= 0 || b.X+b.W > c.Width || b.Y+b.H > c.Height {
					t.Errorf("%s: %s has a bar at %+v", highest, c.ID, b)
				}
			}
			if n := len(c.Left); n < 2 || n > 7 {
				t.Errorf("%s: %s has %d labels", highest, c.ID, n)
			}
		}
	}
}

func TestStaleDealsAreOpenAndUntouched(t *testing.T) {
	w := newWorld(t)
	acme := w.company(clarify.Company{Name: "Acme"})
	deal := func(name, stage, amount string) string {
		return w.deal(clarify.Deal{Name: name, Stage: stage, Amount: json.Number(amount), CompanyID: acme})
	}
	deal("forgotten", "Lead", "0.1")
	deal("won", "Won", "1000")
	changed := deal("changed", "Lead", "1")
	tasked := deal("tasked", "Lead", "1")
	met := deal("met", "Lead", "1")
	w.on("2026-01-02")
	planned := deal("planned", "Lead", "1")
	w.on("2026-01-05")
	deal("without a stage", "", "0.2")
	w.on("2026-02-20")
	if _, err := clarify.Deals(w.client).Update(t.Context(), changed, clarify.Deal{Description: "news"}); err != nil {
		t.Fatal(err)
	}
	w.on("2026-02-21")
	w.task(clarify.Task{Title: "call", DealID: tasked})
	w.on("2026-02-22")
	w.meeting("talk", clarify.Ref{Type: "deal", ID: met})
	// A meeting that is yet to come is no sign of life.
	w.on("2026-04-09")
	w.meeting("plan", clarify.Ref{Type: "deal", ID: planned})
	w.on("2026-03-15")
	w.copy()
	for _, test := range []struct {
		days  int
		names []string // the longest untouched first
		sum   string
	}{
		{30, []string{"forgotten (73 days)", "planned (72 days)", "without a stage (69 days)"}, "1.3"},
		{71, []string{"forgotten (73 days)", "planned (72 days)"}, "1.1"},
		{80, nil, "0"},
		{10, []string{"forgotten (73 days)", "planned (72 days)", "without a stage (69 days)", "changed (23 days)", "tasked (22 days)", "met (21 days)"}, "4.3"},
	} {
		now := w.clock.Now()
		s, err := w.mirror.stale(t.Context(), now.AddDate(0, 0, -test.days), now, []string{"Won", "Lost"})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, d := range s.Deals {
			names = append(names, fmt.Sprintf("%s (%d days)", d.Name, d.Days))
		}
		if !slices.Equal(names, test.names) || s.Amount.String() != test.sum || s.Count != len(names) {
			t.Errorf("%d days: got %q and %s of %d, want %q and %s", test.days, names, &s.Amount, s.Count, test.names, test.sum)
		}
	}
}

func TestMeetingsWithoutFollowUp(t *testing.T) {
	w := newWorld(t)
	person := func(name string) clarify.Ref { return clarify.Ref{Type: "person", ID: w.person(name, "")} }
	ada, bob, company := person("Ada Lovelace"), person("Bob Smith"), clarify.Ref{Type: "company", ID: w.company(clarify.Company{Name: "Acme"})}
	deal := clarify.Ref{Type: "deal", ID: w.deal(clarify.Deal{Name: "Engine"})}
	w.on("2026-02-01")
	w.meeting("long ago")
	w.on("2026-03-01")
	w.task(clarify.Task{Title: "prepare", PersonID: ada.ID})
	w.on("2026-03-02")
	w.meeting("prepared only", ada)
	direct := w.meeting("with a task")
	w.meeting("with a task of a person", bob)
	w.meeting("with a task of a company", company)
	w.meeting("with a task of a deal", deal)
	w.on("2026-03-03")
	w.meeting("with nobody")
	w.task(clarify.Task{Title: "send", MeetingID: direct})
	w.task(clarify.Task{Title: "send", PersonID: bob.ID})
	w.task(clarify.Task{Title: "send", CompanyID: company.ID})
	w.task(clarify.Task{Title: "send", DealID: deal.ID})
	w.on("2026-03-16")
	w.meeting("to come")
	w.on("2026-03-15")
	w.copy()
	m, err := w.mirror.meetings(t.Context(), w.clock.Now().AddDate(0, 0, -30), w.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, lone := range m.Lone {
		got = append(got, fmt.Sprintf("%s, %s: %s", lone.Title, lone.Day, lone.People))
	}
	if want := []string{"with nobody, 2026-03-03: ", "prepared only, 2026-03-02: Ada Lovelace"}; !slices.Equal(got, want) || m.Count != 2 || m.Held != 6 {
		t.Errorf("got %q, %d of %d; want %q, 2 of 6", got, m.Count, m.Held, want)
	}
	if body := w.get("/meetings?days=60").Body.String(); !strings.Contains(body, "long ago") || strings.Contains(body, "to come") {
		t.Errorf("the page is\n%s", body)
	}
}

func TestFormsOfTheSame(t *testing.T) {
	for _, test := range []struct {
		normal func(string) string
		texts  []string // equal to the first
		others []string // different from it
	}{
		{normalEmail, []string{"ada@acme.example", " Ada@ACME.example", "ada+news@acme.example"}, []string{"ada@other.example", "a.da@acme.example", "acme.example"}},
		{normalDomain, []string{"acme.example", "www.ACME.example", "acme.example."}, []string{"shop.acme.example", "www.example"}},
		{normalName, []string{"José Núñez", "Nunez, Jose", "jose  NUÑEZ", "Jose\u0301 Nu\u0301n\u0303ez"}, []string{"José Núñez Gil", "Jo Se Nunez", "Josef Nunez"}},
	} {
		want := test.normal(test.texts[0])
		for _, text := range test.texts {
			if got := test.normal(text); got != want {
				t.Errorf("%q is %q, want %q", text, got, want)
			}
		}
		for _, text := range test.others {
			if test.normal(text) == want {
				t.Errorf("%q is %q", text, want)
			}
		}
	}
	for _, email := range []string{"", "@acme.example", "+x@acme.example"} {
		if got := normalEmail(email); got != "" {
			t.Errorf("%q is %q, want nothing", email, got)
		}
	}
}

func TestDuplicatesOfPeopleAndCompanies(t *testing.T) {
	w := newWorld(t)
	acme := w.company(clarify.Company{Name: "Acme", Domains: clarify.Collection{"acme.example", "acme.test"}})
	other := w.company(clarify.Company{Name: "Other", Domains: clarify.Collection{"other.example"}})
	copied := w.company(clarify.Company{Name: "ACME Inc.", Domains: clarify.Collection{"www.acme.test"}})
	names := map[string]string{acme: "acme", other: "other", copied: "copied"}
	for _, p := range []struct{ key, name, company, email string }{
		{"1", "Ada Lovelace", acme, "ada@acme.example"},
		{"2", "Ada King", "", "ada+crm@acme.example"}, // by address
		{"3", "King, Ada", "", ""},                    // by name, with the one before
		{"4", "Max Muster", acme, ""},                 // at different companies,
		{"5", "Max Muster", other, ""},                // so not the same,
		{"6", "Max Muster", "", ""},                   // and he could be either
		{"7", "Zoe Neu", other, ""},
		{"8", "Zoë Neu", "", ""},
		{"9", "Cher", "", ""}, // one word says nothing
		{"10", "Cher", "", ""},
	} {
		var emails []string
		if p.email != "" {
			emails = []string{p.email}
		}
		w.clock.Advance(time.Minute)
		names[w.person(p.name, p.company, emails...)] = p.key
	}
	w.copy()
	for object, want := range map[string][]string{
		"person":  {"1 2 3: the same email address, the same name", "7 8: the same name"},
		"company": {"acme copied: the same domain"},
	} {
		groups, err := w.mirror.duplicates(t.Context(), object)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, g := range groups {
			var members []string
			for _, r := range g.Records {
				members = append(members, names[r.ID])
			}
			if object == "company" {
				slices.Sort(members) // they were created at the same time
			}
			got = append(got, strings.Join(members, " ")+": "+g.Why)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", object, got, want)
		}
	}
}
