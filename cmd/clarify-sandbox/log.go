package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

// requestLog writes a line for each request, such as
//
//	20:15:04.067 POST   201   1.2ms createRecord         /v1/workspaces/acme/objects/person/records
//	20:15:04.112 GET    ---   320µs getUsers             /v1/workspaces/acme/users [reset before work]
//
// followed by its violations of the contract.
type requestLog struct {
	mu  sync.Mutex
	w   io.Writer
	srv *clarifytest.Server // nil before begin
}

func (l *requestLog) begin(srv *clarifytest.Server) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.srv = srv
}

func (l *requestLog) add(r clarifytest.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.w, "%s %s\n", time.Now().Format("15:04:05.000"), line(r))
	if l.srv == nil {
		return
	}
	for _, violation := range l.srv.TakeViolations() {
		fmt.Fprintf(l.w, "             violates the contract: %v\n", violation)
	}
}

// line returns the line of a request without the time. Nothing that a client sends can
// start another line.
func line(r clarifytest.Request) string {
	status, operation, target := "---", r.Operation, r.Path
	if r.Status != 0 {
		status = fmt.Sprint(r.Status)
	}
	switch {
	case r.Storage:
		operation = "storage"
	case operation == "":
		operation = "-"
	}
	if r.Query != "" {
		target += "?" + readable(r.Query)
	}
	text := fmt.Sprintf("%-6s %s %7s %-20s %s", r.Method, status, brief(r.Duration), operation, target)
	if r.Fault != "" {
		text += " [" + r.Fault
		switch success := r.Status >= 200 && r.Status <= 299; {
		case r.Done && !success:
			text += "; it was done"
		case !r.Done && success:
			text += "; it was not done"
		}
		text += "]"
	}
	return text
}

// brief returns a duration with the digits that matter.
func brief(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return d.Round(10 * time.Microsecond).String()
	case d < 10*time.Second:
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

// readable unescapes the brackets of a query.
func readable(query string) string { return brackets.Replace(query) }

var brackets = strings.NewReplacer("%5B", "[", "%5b", "[", "%5D", "]", "%5d", "]")
