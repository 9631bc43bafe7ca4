package doctor

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/clarify-go/clarify/internal/doctor/report"
)

// listing is the envelope of a response that lists: everything but its items.
type listing struct {
	x     *exchange
	links map[string]any // nil if there are none
	meta  map[string]any // nil if there is none
	items int
}

// lookAtListing keeps the envelope of a response that lists, for checkLinks and
// checkTotals.
func (d *doctor) lookAtListing(x *exchange) {
	body := x.object()
	if items, ok := body["data"].([]any); ok && x.ok() && (body["links"] != nil || body["meta"] != nil) {
		// Without the items, which can be many.
		bare := &exchange{op: x.op, request: x.request, status: x.status}
		d.listings = append(d.listings, listing{bare, object(body["links"]), object(body["meta"]), len(items)})
	}
}

// more reports whether there are more items behind those of the page, and whether
// that is known.
func (l *listing) more() (more, known bool) {
	total, ok := integer(l.meta["total_records"])
	offset, _ := strconv.Atoi(l.x.request.URL.Query().Get("page[offset]"))
	return offset+l.items < total, ok
}

// checkLinks looks at the links of all responses: live-api.md, L1 and L3.
func checkLinks(_ context.Context, p *probe) error {
	secure, followed := strings.HasPrefix(p.base, "https:"), 0
	for _, l := range p.listings {
		for _, name := range []report.Constant{"next", "prev"} {
			link := text(l.links[string(name)])
			if link == "" {
				continue
			}
			followed++
			p.same()
			p.checkLink(l.x, name, link, secure)
		}
		switch more, known := l.more(); {
		case !known || l.links == nil:
		case more && text(l.links["next"]) == "":
			p.quirk("L3", "WithQuirkNoLinks(true)", l.x, "links.next is %v although meta.total_records says that there is more", report.Shape(l.links["next"]))
		case !more && text(l.links["next"]) != "" && l.items > 0:
			p.violates(l.x, "links.next is there on the last page")
		}
	}
	if followed == 0 {
		p.notChecked("links: nothing has more than one page")
	} else if !secure {
		p.notChecked("whether links begin with http: the API is reached without TLS")
	}
	return nil
}

func (p *probe) checkLink(x *exchange, name report.Constant, link string, secure bool) {
	u, err := url.Parse(link)
	if err != nil {
		p.violates(x, "links.%v is not a URL", report.Word(name))
		return
	}
	base, err := url.Parse(p.base)
	switch {
	case err != nil || !u.IsAbs():
		p.violates(x, "links.%v is not an absolute URL", report.Word(name))
	case u.Host != base.Host:
		p.breaks(x, "links.%v leads to another host or port", report.Word(name))
	case u.EscapedPath() != x.request.URL.EscapedPath():
		p.breaks(x, "links.%v leads to another path", report.Word(name))
	case secure && u.Scheme == "http":
		p.known("L1", x, "links.%v begins with http", report.Word(name))
	case secure && u.Scheme == "https":
		p.quirk("L1", "WithQuirkHTTPLinks(false)", x, "links.%v begins with https", report.Word(name))
	}
}

// breaks notes that something does not hold on which the library builds.
func (p *probe) breaks(x *exchange, format report.Constant, operands ...report.Operand) {
	p.found(report.Found{Kind: report.Library, Operation: p.operation(x), What: report.Say(format, operands...)})
}

// checkTotals looks at the meta of all responses: live-api.md, L4.
func checkTotals(_ context.Context, p *probe) error {
	for _, l := range p.listings {
		total, counts := integer(l.meta["total_records"])
		if !counts {
			continue
		}
		p.same()
		pages, ok := integer(l.meta["total_pages"])
		limit, limited := integer(l.meta["limit"])
		switch {
		case !ok:
			p.quirk("L4", "WithQuirkNoTotalPages(true)", l.x, "meta has total_records and no total_pages")
		case limited && limit > 0 && pages != (total+limit-1)/limit:
			p.violates(l.x, "meta.total_pages does not follow from total_records and limit")
		}
		if asked, err := strconv.Atoi(l.x.request.URL.Query().Get("page[limit]")); err == nil && limited && asked != limit {
			p.violates(l.x, "meta.limit is not the limit that was asked for")
		}
	}
	if !p.checked {
		p.notChecked("no response has meta.total_records")
	}
	return nil
}

// maxWalk is how many pages are read of a collection.
const maxWalk = 4

// checkPages reads a collection by its links and by offsets, and compares: both
// ways have to work (live-api.md, L3).
func checkPages(ctx context.Context, p *probe) error {
	samples, err := p.samples(ctx)
	if err != nil {
		return err
	}
	checked := false
	for _, s := range samples {
		if len(s.records) < 2 || s.total < 2 {
			continue
		}
		if err := p.walk(ctx, s); err != nil {
			return err
		}
		checked = true
	}
	if !checked {
		p.notChecked("no object has two records, so that there would be two pages")
	}
	return nil
}

// walk reads up to maxWalk pages both ways.
func (p *probe) walk(ctx context.Context, s *sample) error {
	limit := min(max(1, (s.total+2)/3), 100)
	first, ok, err := p.read(ctx, "getResources", sorted("ASC", limit), s.name)
	if err != nil || !ok {
		return err
	}
	byLinks, byOffset := idsOf(first), idsOf(first)
	for page, at := first, 1; at < maxWalk; at++ {
		link, err := url.Parse(text(object(page.object()["links"])["next"]))
		if err != nil || link.RawQuery == "" {
			break
		}
		if page, ok, err = p.read(ctx, "getResources", link.Query(), s.name); err != nil || !ok {
			return err
		}
		byLinks = append(byLinks, idsOf(page)...)
	}
	for at := 1; at < maxWalk && len(byOffset) == at*limit; at++ {
		q := sorted("ASC", limit)
		q.Set("page[offset]", strconv.Itoa(at*limit))
		page, ok, err := p.read(ctx, "getResources", q, s.name)
		if err != nil || !ok {
			return err
		}
		byOffset = append(byOffset, idsOf(page)...)
	}
	p.comparePages(first, byLinks, byOffset, maxWalk*limit)
	return nil
}

// comparePages compares what was read of a collection both ways, at most limit
// records.
func (p *probe) comparePages(first *exchange, byLinks, byOffset []string, limit int) {
	if hasTwice(byOffset) {
		p.breaks(first, "a record is on two pages that are read by offset, sorted by _created_at")
	}
	linked := text(object(first.object()["links"])["next"]) != ""
	switch {
	case linked && hasTwice(byLinks):
		p.breaks(first, "a record is on two pages that are read by links.next")
	case linked && !slices.Equal(byLinks, byOffset):
		p.breaks(first, "the pages that links.next leads to are not those at the same offsets")
	}
	total, ok := integer(object(first.object()["meta"])["total_records"])
	if ok && len(byOffset) != min(total, limit) {
		p.breaks(first, "there are not as many records as meta.total_records says")
	}
}

func idsOf(x *exchange) []string {
	var ids []string
	for _, item := range x.items() {
		ids = append(ids, text(object(item)["id"]))
	}
	return ids
}

func hasTwice(ids []string) bool {
	sorted := slices.Sorted(slices.Values(ids))
	return len(slices.Compact(sorted)) < len(ids)
}
