package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/clarify-go/clarify"
)

// Confirm is the address of the page that asks whether to merge the group.
func (g *group) Confirm() string {
	q := url.Values{"object": {g.Object}}
	for _, r := range g.Records {
		q.Add("id", r.ID)
	}
	return "/merge?" + q.Encode()
}

func (a *app) duplicatesPage(w http.ResponseWriter, r *http.Request) {
	var content struct {
		Kinds []struct {
			Name   string
			Groups []*group
			Count  int
		}
	}
	for _, object := range []string{"person", "company"} {
		groups, err := a.mirror.duplicates(r.Context(), object)
		if err != nil {
			a.broken(w, r, err)
			return
		}
		content.Kinds = append(content.Kinds, struct {
			Name   string
			Groups []*group
			Count  int
		}{map[string]string{"person": "People", "company": "Companies"}[object], groups[:min(len(groups), maxShown)], len(groups)})
	}
	v := view{Title: "Likely duplicates", Path: "/duplicates", Content: content}
	switch r.URL.Query().Get("merged") {
	case "now":
		v.Notice = "The records are merged."
	case "later":
		v.Notice = "The records are merged. The mirror could not be brought up to date, so that they may still be listed here."
	}
	a.show(w, http.StatusOK, "duplicates", v)
}

// chosen returns the group that has all of these records. A form may name some that are no
// duplicates any more, or never were.
func (a *app) chosen(ctx context.Context, object string, ids []string) (*group, error) {
	if object != "person" && object != "company" || len(ids) < 2 {
		return nil, nil
	}
	groups, err := a.mirror.duplicates(ctx, object)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		if !slices.ContainsFunc(ids, func(id string) bool { return !g.has(id) }) {
			return g, nil
		}
	}
	return nil, nil
}

func (g *group) has(id string) bool {
	return slices.ContainsFunc(g.Records, func(r *twin) bool { return r.ID == id })
}

// confirmPage shows what a merge would do.
func (a *app) confirmPage(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	g, err := a.chosen(r.Context(), q.Get("object"), q["id"])
	switch {
	case err != nil:
		a.broken(w, r, err)
	case g == nil:
		a.gone(w)
	default:
		a.show(w, http.StatusOK, "merge", view{Title: "Merge " + counted(len(g.Records), "record", g.Kind()), Path: "/duplicates", Content: g})
	}
}

func (a *app) gone(w http.ResponseWriter) {
	a.problem(w, http.StatusConflict, "These are no duplicates", "Choose two or more records of one group. They may have been merged or changed since.")
}

// merge merges what the form of confirmPage says, and brings the mirror up to date.
func (a *app) merge(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
	if err := r.ParseForm(); err != nil {
		a.problem(w, http.StatusBadRequest, "The form cannot be read", "Go back and try again.")
		return
	}
	object, ids, keep := r.PostForm.Get("object"), r.PostForm["id"], r.PostForm.Get("keep")
	g, err := a.chosen(r.Context(), object, ids)
	switch {
	case err != nil:
		a.broken(w, r, err)
		return
	case g == nil:
		a.gone(w)
		return
	case !slices.Contains(ids, keep):
		a.problem(w, http.StatusBadRequest, "No record to keep", "Go back and choose one of the records that are merged as the one that stays.")
		return
	}
	sources := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == keep })
	slices.Sort(sources)
	if err := a.mergeRecords(r.Context(), object, keep, slices.Compact(sources)); err != nil {
		a.logger.Error("records were not merged", "object", object, "error", err)
		a.problem(w, http.StatusBadGateway, "The records were not merged", fmt.Sprintf("Clarify says: %v", err))
		return
	}
	a.logger.Info("records were merged", "object", object, "into", keep, "sources", sources)
	// The records are merged whatever becomes of this.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), time.Minute)
	defer cancel()
	merged := "now"
	if err := a.copying.now(ctx); err != nil {
		a.logger.Warn("the mirror was not brought up to date", "error", err)
		merged = "later"
	}
	http.Redirect(w, r, "/duplicates?merged="+merged, http.StatusSeeOther)
}

func (a *app) mergeRecords(ctx context.Context, object, keep string, sources []string) error {
	if object == "company" {
		return clarify.Companies(a.client).Merge(ctx, keep, sources...)
	}
	return clarify.People(a.client).Merge(ctx, keep, sources...)
}
