package report

import (
	"maps"
	"slices"
	"strings"
	"sync"
)

// Kind says what a finding is about.
type Kind string

// The kinds of findings.
const (
	// Contract is what differs from openapi.yaml.
	Contract Kind = "contract"
	// LiveAPI is what differs from docs/live-api.md, or from the form that the
	// sandbox takes for the usual one where that page has two.
	LiveAPI Kind = "live-api"
	// Sandbox is what differs from what clarifytest does although neither of these two
	// says so: docs/sandbox.md calls it assumed.
	Sandbox Kind = "sandbox"
	// Library is what this module does not read, or does not write back as it was.
	Library Kind = "library"
	// Setup is what is wrong on this side: the clock, the network, the credential.
	Setup Kind = "setup"
	// Known is what docs/live-api.md has and the contract has not. It is no
	// difference.
	Known Kind = "known"
)

// Finding is one thing that was found, however often.
type Finding struct {
	Check     string `json:"check"`
	Kind      Kind   `json:"kind"`
	Ref       string `json:"ref,omitempty"`       // the number in docs/live-api.md
	Quirk     string `json:"quirk,omitempty"`     // the option that has clarifytest do the same
	Operation string `json:"operation,omitempty"` // empty if it is about none or several
	Place     string `json:"place,omitempty"`     // in the body of the response
	What      string `json:"what"`
	Count     int    `json:"count"`
}

// Found is what [Report.Add] takes.
type Found struct {
	Check, Ref, Quirk Constant
	Kind              Kind
	Operation         Operand
	Place             Operand
	What              Phrase
}

// Outcome is the outcome of a check.
type Outcome struct {
	Check string   `json:"check"`
	Refs  []string `json:"refs,omitempty"`
	// Result is [Same], [Differs] or [NotChecked].
	Result string `json:"result"`
	// NotChecked says what could not be checked, and why. A check can have looked
	// at other things all the same.
	NotChecked []string `json:"not_checked,omitempty"`
}

// The results of a check.
const (
	Same       = "same"
	Differs    = "differs"
	NotChecked = "not checked"
)

// Fact is something about the connection.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Report is what was found. Its methods are safe for concurrent use.
type Report struct {
	mu       sync.Mutex
	document document
}

// document is a report as JSON.
type document struct {
	Version    string                 `json:"version"` // of this module
	Go         string                 `json:"go"`
	Writes     bool                   `json:"writes"` // whether writes were tried
	Facts      []Fact                 `json:"facts"`
	Findings   []Finding              `json:"findings"`
	Quirks     []string               `json:"quirks"` // of the findings
	Checks     []Outcome              `json:"checks"`
	Operations map[string]map[int]int `json:"operations"` // how often each status came, by operation
}

// New returns an empty report. version is that of this module, goVersion that of Go.
func New(version, goVersion string, writes bool) *Report {
	return &Report{document: document{
		Version: version, Go: goVersion, Writes: writes,
		Facts: []Fact{}, Findings: []Finding{}, Quirks: []string{}, Checks: []Outcome{},
		Operations: map[string]map[int]int{},
	}}
}

// Add notes a finding, or counts it if it is there already.
func (r *Report) Add(f Found) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one := Finding{
		Check: string(f.Check), Kind: f.Kind, Ref: string(f.Ref), Quirk: string(f.Quirk),
		Operation: f.Operation.shown, Place: f.Place.shown, What: f.What.said,
	}
	for i, there := range r.document.Findings {
		there.Count = 0
		if there == one {
			r.document.Findings[i].Count++
			return
		}
	}
	one.Count = 1
	r.document.Findings = append(r.document.Findings, one)
	if one.Quirk != "" && one.Kind != Known && !slices.Contains(r.document.Quirks, one.Quirk) {
		r.document.Quirks = append(r.document.Quirks, one.Quirk)
	}
}

// Fact notes something about the connection.
func (r *Report) Fact(name Constant, value Phrase) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.document.Facts = append(r.document.Facts, Fact{string(name), value.said})
}

// Response counts a response to an operation.
func (r *Report) Response(operation Operand, status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	statuses := r.document.Operations[operation.shown]
	if statuses == nil {
		statuses = map[int]int{}
		r.document.Operations[operation.shown] = statuses
	}
	statuses[status]++
}

// Checked notes the outcome of a check: what of it could not be checked, and
// whether anything was. Whether anything differs follows from the findings.
func (r *Report) Checked(check Constant, refs []Constant, checked bool, notChecked []Phrase) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := Outcome{Check: string(check), Result: Same}
	for _, ref := range refs {
		o.Refs = append(o.Refs, string(ref))
	}
	for _, why := range notChecked {
		if !slices.Contains(o.NotChecked, why.said) {
			o.NotChecked = append(o.NotChecked, why.said)
		}
	}
	switch {
	case slices.ContainsFunc(r.document.Findings, func(f Finding) bool { return f.Check == o.Check && f.Kind != Known }):
		o.Result = Differs
	case !checked:
		o.Result = NotChecked
	}
	r.document.Checks = append(r.document.Checks, o)
}

// Findings returns what differs, sorted. What is known is among it only if that is
// asked for.
func (r *Report) Findings(known bool) []Finding {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.document.sorted(known)
}

func (d *document) sorted(known bool) []Finding {
	findings := []Finding{}
	for _, f := range d.Findings {
		if known || f.Kind != Known {
			findings = append(findings, f)
		}
	}
	place := func(f Finding) string {
		return strings.Join([]string{f.Check, f.Ref, f.Operation, f.Place, f.What}, "\x00")
	}
	slices.SortStableFunc(findings, func(a, b Finding) int {
		if order := slices.Index(kinds, a.Kind) - slices.Index(kinds, b.Kind); order != 0 {
			return order
		}
		return strings.Compare(place(a), place(b))
	})
	return findings
}

// kinds are in the order in which a report has them.
var kinds = []Kind{Setup, LiveAPI, Contract, Library, Sandbox, Known}

// finished is the document as it is written.
func (r *Report) finished(known bool) document {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := r.document
	d.Findings = d.sorted(known)
	d.Quirks = slices.Clone(d.Quirks)
	slices.Sort(d.Quirks)
	d.Operations = maps.Clone(d.Operations)
	return d
}
