package main

import (
	"bytes"
	"encoding/json"
	"html/template"
	"net/http"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/clarify-go/clarify/contrib/river"
)

// page shows how far the jobs are.
type page struct {
	queue    *river.Client[pgx.Tx]
	settings *settings
}

// part is a job as the page shows it.
type part struct {
	clarifyriver.ImportArgs
	clarifyriver.Progress
	State    string
	Attempts int
	Error    string
}

var layout = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="refresh" content="1">
<title>{{.Done}} of {{.Rows}} rows</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }
progress { width: 100% }
table { border-collapse: collapse; width: 100% }
td, th { border-bottom: 1px solid #ddd; padding: .2rem .5rem; text-align: right }
td:first-child, th:first-child, td:last-child, th:last-child { text-align: left }
</style>
<h1>{{.Done}} of {{.Rows}} rows</h1>
<progress max="{{.Rows}}" value="{{.Done}}"></progress>
<p>{{.Refused}} refused, {{.Ended}} of {{len .Parts}} jobs ended</p>
<table>
<tr><th>State<th>From<th>Rows<th>Done<th>Refused<th>Runs<th>Failures<th>Last error
{{- range .Parts}}
<tr><td>{{.State}}<td>{{.First}}<td>{{.Count}}<td>{{.Done}}<td>{{.Refused}}<td>{{.Runs}}<td>{{.Attempts}}<td>{{.Error}}
{{- end}}
</table>
`))

func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var content struct {
		Rows, Done, Refused, Ended int
		Parts                      []part
	}
	content.Rows = p.settings.rows
	// The jobs of the file, in the order in which they were inserted.
	list := river.NewJobListParams().Kinds(clarifyriver.ImportArgs{}.Kind()).OrderBy(river.JobListOrderByID, river.SortOrderAsc).First(1000)
	for {
		jobs, err := p.queue.JobList(r.Context(), list)
		if err != nil {
			http.Error(w, "the jobs cannot be listed", http.StatusInternalServerError)
			return
		}
		for _, job := range jobs.Jobs {
			shown, err := show(job)
			if err != nil || shown.Name != p.settings.file {
				continue
			}
			content.Parts = append(content.Parts, shown)
			content.Done += shown.Done
			content.Refused += shown.Refused
			if job.FinalizedAt != nil {
				content.Ended++
			}
		}
		if len(jobs.Jobs) < 1000 {
			break
		}
		list = list.After(jobs.LastCursor)
	}
	var html bytes.Buffer
	if err := layout.Execute(&html, content); err != nil {
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = html.WriteTo(w)
}

func show(job *rivertype.JobRow) (part, error) {
	shown := part{State: string(job.State), Attempts: len(job.Errors)}
	if n := len(job.Errors); n > 0 {
		shown.Error = job.Errors[n-1].Error
	}
	if err := json.Unmarshal(job.EncodedArgs, &shown.ImportArgs); err != nil {
		return part{}, err
	}
	var err error
	shown.Progress, err = clarifyriver.ProgressOf(job)
	return shown, err
}
