package doctor

import (
	"context"
	"slices"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/internal/doctor/report"
)

// The queries of a list that is made.
const (
	firstSQL  = "SELECT _id\n  FROM records"
	secondSQL = "SELECT _id FROM records LIMIT 1"
)

// checkNewList makes a list, and changes its query (live-api.md, O2).
func checkNewList(ctx context.Context, p *probe) error {
	if err := p.skipWithoutTrial(); err != nil {
		return err
	}
	x, err := p.write(ctx, "createList", map[string]any{
		"title": p.trial.title, "description": "", "layout": "table", "type": "dynamic", "state": "draft", "query": map[string]any{"sql": firstSQL},
	}, p.trial.name)
	if err != nil {
		return err
	}
	if !x.ok() {
		p.violates(x, "responds with %v to a dynamic list of a custom object", report.Int(x.status))
		return nil
	}
	p.same()
	id := text(object(x.object()["data"])["id"])
	p.trial.lists = append(p.trial.lists, id)
	if err := p.checkQuery(ctx, id); err != nil {
		return err
	}
	if err := p.checkQueryUpdate(ctx, id); err != nil {
		return err
	}
	if x, err = p.write(ctx, "getListRowsCsv", map[string]any{}, p.trial.name, id); err != nil {
		return err
	}
	if !x.ok() {
		p.violates(x, "responds with %v to a list as CSV", report.Int(x.status))
	}
	if x, err = p.write(ctx, "deleteList", nil, p.trial.name, id); err == nil && x.ok() {
		p.trial.lists = slices.DeleteFunc(p.trial.lists, func(other string) bool { return other == id })
	}
	return err
}

// queryOf reads the query of a list.
func (p *probe) queryOf(ctx context.Context, id string) (*exchange, map[string]any, error) {
	x, ok, err := p.read(ctx, "getList", nil, p.trial.name, id)
	if err != nil || !ok {
		return nil, nil, err
	}
	return x, object(object(object(x.object()["data"])["attributes"])["query"]), nil
}

// checkQuery looks at a query that was written without a version.
func (p *probe) checkQuery(ctx context.Context, id string) error {
	x, query, err := p.queryOf(ctx, id)
	if err != nil || x == nil {
		return err
	}
	version, versioned := integer(query["version"])
	switch {
	case versioned && version != listQueryVersion:
		p.differs("O2", x, "a query that was written without version reads with version %v", report.Int(version))
	case versioned || query["sql"] != firstSQL:
		p.quirk("O2", "WithQuirkListQueryMigrated(true)", x, "a query that was written without version is migrated: it reads as %v", report.Shape(query))
	}
	return nil
}

// checkQueryUpdate replaces the query.
func (p *probe) checkQueryUpdate(ctx context.Context, id string) error {
	x, err := p.write(ctx, "updateList", map[string]any{"query": map[string]any{"sql": secondSQL, "version": listQueryVersion}}, p.trial.name, id)
	if err != nil {
		return err
	}
	if !x.ok() {
		p.violates(x, "responds with %v to another query", report.Int(x.status))
		return nil
	}
	x, query, err := p.queryOf(ctx, id)
	if err == nil && x != nil && query["sql"] != secondSQL {
		p.quirk("O2", "WithQuirkListQueryStays(true)", x, "a query is not replaced although updateList succeeds")
	}
	return err
}

// checkNewComment writes a comment on a record, changes and deletes it.
func checkNewComment(ctx context.Context, p *probe) error {
	if err := p.skipWithoutTrial(); err != nil {
		return err
	}
	_, owner, err := p.create(ctx, map[string]any{fieldCode: "commented"})
	if err != nil || owner == "" {
		return err
	}
	x, err := p.write(ctx, "createComment", map[string]any{"message": clarify.Text("first"), "owner_id": owner, "entity": p.trial.name})
	if err != nil {
		return err
	}
	if !x.ok() {
		p.notChecked("comments on a custom object's record: createComment responds with %v", report.Int(x.status))
		return nil
	}
	p.same()
	id := text(x.object()["_id"])
	p.trial.comments = append(p.trial.comments, id)
	if _, _, err := p.read(ctx, "getComment", nil, id); err != nil {
		return err
	}
	for _, change := range []struct {
		operation string
		body      any
	}{{"updateComment", map[string]any{"message": clarify.Text("second")}}, {"deleteComment", nil}} {
		x, err := p.write(ctx, change.operation, change.body, id)
		if err != nil {
			return err
		}
		if !x.ok() {
			p.violates(x, "responds with %v to one's own comment", report.Int(x.status))
		}
	}
	return nil
}
