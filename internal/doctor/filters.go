package doctor

import (
	"context"
	"net/http"
	"slices"

	"github.com/clarify-go/clarify/internal/doctor/report"
)

// filterTest is a filter that should find a record by what the record has.
type filterTest struct {
	object string
	filter func(record) (pairs []string) // nil if the record has not what it takes
}

// filters are those of live-api.md, R3.
var filters = []filterTest{
	{"task", func(r record) []string {
		if id := text(r.attributes["deal_id"]); id != "" {
			return []string{"filter[deal_id]", id}
		}
		return nil
	}},
	{"person", func(r record) []string {
		if email := firstItem(r, "email_addresses"); email != "" {
			return []string{"filter[email_addresses][Contains]", email}
		}
		return nil
	}},
	{"meeting", func(r record) []string {
		if start := text(r.attributes["start"]); start != "" {
			return []string{"filter[start][Is on or after]", start, "filter[start][Is on or before]", start}
		}
		return nil
	}},
}

func firstItem(r record, field string) string {
	for _, item := range list(object(r.attributes[field])["items"]) {
		if text(item) != "" {
			return text(item)
		}
	}
	return ""
}

// checkFilters is live-api.md, R3.
func checkFilters(ctx context.Context, p *probe) error {
	for _, test := range filters {
		s, err := p.sample(ctx, test.object)
		if err != nil {
			return err
		}
		found := false
		for i := 0; s != nil && i < len(s.records) && !found; i++ {
			pairs := test.filter(s.records[i])
			if pairs == nil {
				continue
			}
			found = true
			x, err := p.get(ctx, "getResources", query(pairs...), test.object)
			if err != nil {
				return err
			}
			p.same()
			switch {
			case !x.ok():
				p.differs("R3", x, "responds with %v to a filter of %v that was seen to work", report.Int(x.status), p.names.Object(test.object))
			case !slices.Contains(idsOf(x), s.records[i].id):
				p.differs("R3", x, "a filter of %v does not find the record that its value is from", p.names.Object(test.object))
			}
		}
		if !found {
			p.notChecked("the filter of %v: no record has a value for it", p.names.Object(test.object))
		}
	}
	return nil
}

// checkCollectionEquality looks whether filters take Is for a collection, which the
// contract does not have and one client reports.
func checkCollectionEquality(ctx context.Context, p *probe) error {
	people, err := p.sample(ctx, "person")
	if err != nil {
		return err
	}
	if people == nil {
		p.notChecked("people cannot be read")
		return nil
	}
	x, err := p.get(ctx, "getResources", query("filter[email_addresses][Is]", "clarify-doctor@example.com", "page[limit]", "1"), "person")
	switch {
	case err != nil:
		return err
	case x.ok():
		p.known("", x, "takes Is for a collection")
	default:
		p.quirk("", "WithQuirkCollectionEquality(false)", x, "responds with %v to Is for a collection", report.Int(x.status))
	}
	return nil
}

// invalid are requests that the API rejects, and how.
var invalid = []struct {
	what   report.Constant
	status int
	known  bool // from the contract, and not assumed
	query  []string
}{
	{"an unknown operator", http.StatusBadRequest, true, []string{"filter[_created_at][Equals]", "2026-01-01"}},
	{"a page of more than 500", http.StatusBadRequest, true, []string{"page[limit]", "501"}},
	{"an unknown field in a filter", http.StatusBadRequest, false, []string{"filter[clarify_doctor_unknown][Is]", "x"}},
	{"an unknown field to sort by", http.StatusBadRequest, false, []string{"sortOrder[column]", "clarify_doctor_unknown", "sortOrder[dir]", "ASC"}},
}

// checkErrors sends reads that the API rejects, and looks at the errors.
func checkErrors(ctx context.Context, p *probe) error {
	for _, test := range invalid {
		x, err := p.get(ctx, "getResources", query(test.query...), "person")
		if err != nil {
			return err
		}
		p.rejects(x, test.what, test.status, test.known)
		p.checkErrorForm(x)
	}
	for _, path := range [][]string{{"person", "00000000-0000-4000-8000-000000000000"}, {"clarify_doctor_unknown", "1"}} {
		x, err := p.get(ctx, "getResource", nil, path...)
		if err != nil {
			return err
		}
		if x.status != http.StatusNotFound {
			p.violates(x, "responds with %v to an id or object that does not exist and not with 404", report.Int(x.status))
		}
		p.checkErrorForm(x)
	}
	return nil
}

// rejects notes what is not rejected as the contract says, or as the sandbox assumes.
func (p *probe) rejects(x *exchange, what report.Constant, status int, known bool) {
	p.same()
	note := p.assumed
	if known {
		note = p.violates
	}
	if x.status != status {
		note(x, "responds with %v to %v and not with %v", report.Int(x.status), report.Word(what), report.Int(status))
	}
}

// checkErrorForm tells which of the two forms that the vendor documents errors have.
func (p *probe) checkErrorForm(x *exchange) {
	body := x.object()
	switch {
	case x.ok():
	case body["statusCode"] != nil:
		p.quirk("", "WithQuirkFrameworkErrors(true)", x, "%v has the form of the framework below the API", report.Int(x.status))
	case list(body["errors"]) == nil:
		p.violates(x, "%v has no errors, but %v", report.Int(x.status), report.Body(x.body))
	}
}
