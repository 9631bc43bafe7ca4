package doctor

import (
	"context"
	"net/http"

	"github.com/clarify-go/clarify/internal/doctor/report"
)

// maxFed is how many records of an object have their feeds read.
const maxFed = 3

// checkFeeds is live-api.md, R8: the feeds of a single record.
func checkFeeds(ctx context.Context, p *probe) error {
	samples, err := p.samples(ctx)
	if err != nil {
		return err
	}
	for _, operation := range []string{"getActivities", "listRecordAttachments"} {
		worked, failed := 0, map[int]*exchange{}
		for _, s := range samples {
			for _, r := range s.records[:min(len(s.records), maxFed)] {
				x, err := p.get(ctx, operation, nil, s.name, r.id)
				if err != nil {
					return err
				}
				if x.ok() {
					worked++
					p.feeds = append(p.feeds, x)
				} else {
					failed[x.status] = x
				}
			}
		}
		if worked > 0 {
			p.same()
		}
		for status, x := range failed {
			if worked > 0 {
				p.known("R8", x, "responds with %v for some records while it works for others", report.Int(status))
			} else {
				p.violates(x, "responds with %v for all records", report.Int(status))
			}
		}
	}
	if !p.checked {
		p.notChecked("there are no records")
	}
	return nil
}

// checkAttachment asks where a file is. It does not fetch it.
func checkAttachment(ctx context.Context, p *probe) error {
	for _, feed := range p.feeds {
		if feed.op.ID != "listRecordAttachments" || len(feed.items()) == 0 {
			continue
		}
		id := text(object(feed.items()[0])["_id"])
		_, _, err := p.read(ctx, "getRecordAttachment", nil, feed.path[0], feed.path[1], id)
		return err
	}
	p.notChecked("no record that was looked at has a file")
	return nil
}

// checkComment reads a comment that the activities tell of. No operation lists
// comments.
func checkComment(ctx context.Context, p *probe) error {
	for _, feed := range p.feeds {
		if feed.op.ID != "getActivities" {
			continue
		}
		for _, id := range commentsIn(feed.json()) {
			x, err := p.get(ctx, "getComment", nil, id)
			switch {
			case err != nil:
				return err
			case x.ok():
				p.same()
				return nil
			case x.status != http.StatusNotFound: // It may be deleted.
				p.violates(x, "responds with %v to a comment that an activity names", report.Int(x.status))
			}
		}
	}
	if !p.checked {
		p.notChecked("no activity tells of a comment that is still there, and no operation lists comments")
	}
	return nil
}

// commentsIn returns the ids of comments that a document names.
func commentsIn(value any) []string {
	var ids []string
	switch v := value.(type) {
	case map[string]any:
		if id := text(v["_id"]); v["entity"] == "comment" && id != "" {
			ids = append(ids, id)
		}
		for _, inner := range v {
			ids = append(ids, commentsIn(inner)...)
		}
	case []any:
		for _, inner := range v {
			ids = append(ids, commentsIn(inner)...)
		}
	}
	return ids
}

// checkDeleted reads what was deleted (live-api.md, O3).
func checkDeleted(ctx context.Context, p *probe) error {
	samples, err := p.samples(ctx)
	if err != nil {
		return err
	}
	for _, s := range samples {
		x, ok, err := p.read(ctx, "getDeletedResources", query("page[limit]", "20"), s.name)
		if err != nil {
			return err
		}
		for _, item := range x.items() {
			if _, isTime := timeOf(recordOf(item).attributes["_deleted_at"]); ok && !isTime {
				p.violates(x, "a deleted record has no time in _deleted_at")
			}
		}
	}
	if !p.checked {
		p.notChecked("no object has records")
	}
	return nil
}
