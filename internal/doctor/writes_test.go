package doctor_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/internal/doctor"
)

// Without -write nothing but reads goes out, whatever responses say.
func TestOnlyReadsAreSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorkspace(t)
		before := len(w.Requests())
		look(t, w.options())
		sent := w.Requests()[before:]
		if len(sent) < 100 {
			t.Fatalf("only %d requests were sent", len(sent))
		}
		for _, r := range sent {
			if r.Method != http.MethodGet || len(r.Body) > 0 {
				t.Errorf("sent %s %s %s", r.Method, r.Path, r.Body)
			}
		}
	})
}

// With -write all writes are about objects of the doctor's own, which are gone
// afterwards.
func TestWritesStayInOwnObjects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorkspace(t)
		before, objects := len(w.Requests()), w.objects()
		o := w.options()
		o.Write = true
		look(t, o)
		w.acceptViolations()
		comments := 0
		for _, r := range w.Requests()[before:] {
			_, rest, _ := strings.Cut(r.Path, "/workspaces/"+w.Workspace)
			switch {
			case r.Method == http.MethodGet:
			case !strings.Contains(r.Query, "silent=true"):
				t.Errorf("%s %s may notify somebody", r.Method, r.Path)
			case r.Operation == "createCustomObject", strings.Contains(rest, "/c_clarify_doctor_"), strings.Contains(rest, "/entities%2Fc_clarify_doctor_"):
			case strings.HasPrefix(rest, "/comments"):
				comments++
			case strings.Contains(string(r.Body), `"id":"c_clarify_doctor_`):
			default:
				t.Errorf("%s %s %s is about something else", r.Method, r.Path, r.Body)
			}
		}
		if comments != 3 {
			t.Errorf("%d writes of comments", comments)
		}
		if after := w.objects(); !slices.Equal(after, objects) {
			t.Errorf("there were the objects %q, and are %q", objects, after)
		}
	})
}

// objects are the ids of all schemas.
func (w *workspace) objects() []string {
	w.t.Helper()
	var ids []string
	schemas, _ := w.send("GET", "/schemas", "")["data"].([]any)
	for _, s := range schemas {
		id, _ := s.(map[string]any)["id"].(string)
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// acceptViolations takes those of the requests that are wrong on purpose.
func (w *workspace) acceptViolations() {
	for _, v := range w.TakeViolations() {
		if v.Where != clarifytest.InRequest || v.Operation != "createRecord" || !strings.Contains(v.What, `property "id"`) {
			w.t.Error(v)
		}
	}
}

// interrupting ends a context with a request.
type interrupting struct {
	next   http.RoundTripper
	left   atomic.Int64
	cancel context.CancelFunc
}

func (i *interrupting) RoundTrip(request *http.Request) (*http.Response, error) {
	if i.left.Add(-1) == 0 {
		i.cancel()
	}
	return i.next.RoundTrip(request)
}

// However early or late it is interrupted, nothing of its own is left.
func TestAnInterruptLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorkspace(t)
		objects := w.objects()
		before := len(w.Requests())
		o := w.options()
		o.Write = true
		look(t, o)
		w.acceptViolations()
		first, last := 0, 0
		for i, r := range w.Requests()[before:] {
			if r.Method != http.MethodGet {
				last = i + 1
				if first == 0 {
					first = i + 1
				}
			}
		}
		for n := first; n <= last; n += max(1, (last-first)*stride/6) {
			ctx, cancel := context.WithCancel(t.Context())
			through := &interrupting{next: w.HTTPClient().Transport, cancel: cancel}
			through.left.Store(int64(n))
			o.Transport = through
			found, err := doctor.Run(ctx, o)
			cancel()
			w.acceptViolations()
			if !errors.Is(err, context.Canceled) {
				t.Errorf("interrupted by request %d: error %v, want %v", n, err, context.Canceled)
			}
			if found == nil {
				t.Errorf("interrupted by request %d: there is no report", n)
			}
			if after := w.objects(); !slices.Equal(after, objects) {
				t.Fatalf("interrupted by request %d: there were the objects %q, and are %q", n, objects, after)
			}
		}
	})
}

// What is lost on the way does not keep the objects from being removed.
func TestLostResponsesLeaveNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorkspace(t)
		objects, snapshot := w.objects(), w.Snapshot()
		for _, fault := range []clarifytest.Fault{clarifytest.ResetAfterWork(), clarifytest.Status(500).AfterWork()} {
			for i, operation := range []string{"createCustomObject", "createRecord", "createList", "deleteCustomObject"} {
				if i%stride != 0 {
					continue
				}
				w.Restore(snapshot)
				injected := w.Inject(fault, clarifytest.Operation(operation), clarifytest.Times(1))
				o := w.options()
				o.Write = true
				look(t, o)
				w.acceptViolations()
				if injected.Struck() != 1 {
					t.Errorf("%s: the fault struck %d times", operation, injected.Struck())
				}
				if after := w.objects(); !slices.Equal(after, objects) {
					t.Errorf("%s: there were the objects %q, and are %q", operation, objects, after)
				}
				w.RemoveFaults()
			}
		}
	})
}

// losing has no responses to reads of the schemas once a request has matched.
type losing struct {
	next   http.RoundTripper
	from   func(*http.Request) bool
	losing atomic.Bool
}

func (l *losing) RoundTrip(request *http.Request) (*http.Response, error) {
	if l.from(request) {
		l.losing.Store(true)
	}
	if l.losing.Load() && request.Method == http.MethodGet && strings.HasSuffix(request.URL.Path, "/schemas") {
		return nil, errors.New("lost on the way")
	}
	return l.next.RoundTrip(request)
}

// Objects that cannot be removed are named, also if they cannot be listed any more.
func TestWhatIsLeftIsNamed(t *testing.T) {
	deletes := func(what string) func(*http.Request) bool {
		return func(r *http.Request) bool { return r.Method == http.MethodDelete && strings.Contains(r.URL.Path, what) }
	}
	const object, title = "c_clarify_doctor_", "Clarify doctor "
	for _, test := range []struct {
		name   string
		losing func(*http.Request) bool // from which request on the schemas cannot be read
		want   []string                 // what the names begin with
		reason string
	}{
		{"listed to the end", func(*http.Request) bool { return false }, []string{object, object}, "the API responds with 422"},
		{"listed once", deletes("/schemas/objects/" + object), []string{object, object}, "the API responds with 422"},
		{"never listed", deletes("/lists/"), []string{title}, "lost on the way"},
	} {
		runSynctest(t, test.name, func(t *testing.T) {
			w := newWorkspace(t)
			w.Inject(clarifytest.Status(422), clarifytest.Operation("deleteCustomObject"))
			var left []string
			o := w.options()
			o.Write, o.Transport = true, &losing{next: o.Transport, from: test.losing}
			o.Leftover = func(object string, err error) {
				if err == nil || !strings.Contains(err.Error(), test.reason) {
					t.Errorf("the reason is %v, want one with %q", err, test.reason)
				}
				left = append(left, object)
			}
			r := look(t, o)
			w.acceptViolations()
			if len(left) != len(test.want) {
				t.Fatalf("left: %q, want %d", left, len(test.want))
			}
			for i, want := range test.want {
				if !strings.HasPrefix(left[i], want) {
					t.Errorf("left: %q, want what begins with %q", left, test.want)
				}
			}
			if !slices.Contains(found(r), "write: removal library ") {
				t.Errorf("found %q", found(r))
			}
		})
	}
}
