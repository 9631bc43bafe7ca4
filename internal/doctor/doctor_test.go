package doctor_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/doctor"
	"github.com/clarify-go/clarify/internal/doctor/report"
)

// options are those for the workspace.
func (w *workspace) options() doctor.Options {
	return doctor.Options{
		Workspace: w.Workspace, BaseURL: w.BaseURL, APIKey: w.APIKey, Records: 20, Version: "test", Patience: 10 * time.Second,
		Transport: w.HTTPClient().Transport,
		Leftover:  func(object string, err error) { w.t.Errorf("%s is left: %v", object, err) },
	}
}

// look runs the doctor.
func look(t *testing.T, o doctor.Options) *report.Report {
	t.Helper()
	found, err := doctor.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// In a sandbox that is as it is unless an option says otherwise nothing differs,
// and everything is checked but for what takes writes.
func TestNothingDiffersInTheSandbox(t *testing.T) {
	for _, test := range []struct {
		name       string
		options    []clarifytest.Option
		writes     bool
		notChecked string
	}{
		{"without TLS", nil, false, "whether links begin with http: the API is reached without TLS; they are tried with -write only"},
		{"by TLS", []clarifytest.Option{clarifytest.WithTLS()}, false, "they are tried with -write only"},
		{"with writes", []clarifytest.Option{clarifytest.WithTLS()}, true, ""},
		{"with writes that take their time", []clarifytest.Option{clarifytest.WithTLS(), clarifytest.WithSchemaLag(2, time.Minute)}, true, ""},
	} {
		runSynctest(t, test.name, func(t *testing.T) {
			w := newWorkspace(t, test.options...)
			o := w.options()
			o.Write = test.writes
			r := look(t, o)
			w.acceptViolations()
			for _, f := range r.Findings(false) {
				t.Errorf("%+v", f)
			}
			outcomes := outcomesOf(t, r)
			var open []string
			for _, c := range outcomes {
				open = append(open, c.NotChecked...)
				if c.Result != report.Same && c.Check != "writes" {
					t.Errorf("%+v", c)
				}
			}
			if got := strings.Join(open, "; "); got != test.notChecked {
				t.Errorf("not checked: %q, want %q", got, test.notChecked)
			}
			if len(outcomes) < 40 {
				t.Errorf("only %d checks were made", len(outcomes))
			}
		})
	}
}

// outcomesOf reads the checks out of a report.
func outcomesOf(t *testing.T, r *report.Report) []report.Outcome {
	t.Helper()
	var b bytes.Buffer
	if err := r.JSON(&b, true); err != nil {
		t.Fatal(err)
	}
	var document struct{ Checks []report.Outcome }
	if err := json.Unmarshal(b.Bytes(), &document); err != nil {
		t.Fatal(err)
	}
	return document.Checks
}

// What every workspace can be asked is asked: all reads of the contract.
func TestEveryReadIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorkspace(t)
		before := len(w.Requests())
		look(t, w.options())
		sent := map[string]bool{}
		for _, r := range w.Requests()[before:] {
			sent[r.Operation] = true
		}
		for _, op := range gen.Operations() {
			if op.Method == http.MethodGet && !sent[op.ID] {
				t.Errorf("%s is not sent", op.ID)
			}
		}
	})
}

// An empty workspace is looked at, too.
func TestAnEmptyWorkspace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &workspace{Server: clarifytest.NewServer(clarifytest.WithTB(t), clarifytest.WithMemoryNetwork()), t: t}
		o := w.options()
		o.Records = 1
		for _, f := range look(t, o).Findings(false) {
			t.Errorf("%+v", f)
		}
	})
}

// What fails now and then ends a check and not the program.
func TestFaultsEndNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorkspace(t)
		w.Inject(clarifytest.HangUp(), clarifytest.Operation("getUser"))
		for i, fault := range []clarifytest.Fault{
			clarifytest.Status(500), clarifytest.Status(404), clarifytest.Status(403), clarifytest.HTML(200), clarifytest.HTML(502),
			clarifytest.HangUp(), clarifytest.CutBody(20), clarifytest.Respond(200, nil, "null"), clarifytest.Respond(204, nil, ""),
		} {
			w.Inject(fault, clarifytest.Probability(0.03, uint64(i)), clarifytest.Operation(reads()...))
		}
		failed := 0
		o := w.options()
		o.Failed = func(string, error) { failed++ }
		r := look(t, o)
		if n := len(r.Findings(false)); n < 5 {
			t.Errorf("%d findings, want 5 or more", n)
		}
		if failed == 0 {
			t.Error("no check failed")
		}
		if text := written(t, r); strings.Contains(text, secret) {
			t.Errorf("there is something of the workspace in %s", text)
		}
	})
}

// reads are the operations that only read, but for the first that is sent and that
// whose response leads to getUser.
func reads() []string {
	var ids []string
	for _, op := range gen.Operations() {
		if op.Method == http.MethodGet && op.ID != "getSchemas" && op.ID != "getUsers" {
			ids = append(ids, op.ID)
		}
	}
	return ids
}
