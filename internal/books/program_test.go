package books

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
	"pgregory.net/rapid"
)

// kind is what an operation does.
type kind int

const (
	createRecord kind = iota
	upsertRecord
	updateRecord
	deleteRecord
	getRecord
	createMany
	upsertMany
	updateMany
	deleteMany
	mergeRecords
	listRecords
	importRecords
	importUpserts
	bulkUpdate
	bulkDelete
	listStable
	kinds
)

var kindNames = [kinds]string{
	"create", "upsert", "update", "delete", "get", "create many", "upsert many", "update many", "delete many", "merge", "list",
	"import", "import upserts", "bulk update", "bulk delete", "list stable",
}

func (k kind) String() string { return kindNames[k] }

// operation is one step of a program.
type operation struct {
	Kind   kind
	Record int // which of the records there are, counted from the latest
	Count  int // of records, where there are several
	Fault  int // which of the faults strikes, or -1
	Times  int // how many attempts it strikes
	Detail int // of the fault
}

func (o operation) String() string {
	s := fmt.Sprintf("%v record %d, count %d", o.Kind, o.Record, o.Count)
	if o.Fault >= 0 {
		s += fmt.Sprintf(", fault %d (%d) %d times", o.Fault, o.Detail, o.Times)
	}
	return s
}

// program is a random sequence of operations. It is put together of pieces of
// pieces, because rapid makes short sequences and shortens long ones well.
var program = rapid.Custom(func(t *rapid.T) []operation {
	pieces := rapid.SliceOf(rapid.SliceOf(rapid.SliceOf(step))).Draw(t, "program")
	return slices.Concat(slices.Concat(pieces...)...)
})

// step is one operation, and one in ten goes wrong. Reads and single writes are
// the more frequent.
var step = rapid.Custom(func(t *rapid.T) operation {
	weights := []kind{
		createRecord, createRecord, upsertRecord, upsertRecord, updateRecord, updateRecord, deleteRecord, getRecord, getRecord,
		createMany, upsertMany, updateMany, deleteMany, mergeRecords, listRecords,
		importRecords, importUpserts, bulkUpdate, bulkDelete, listStable,
	}
	o := operation{
		Kind:   rapid.SampledFrom(weights).Draw(t, "kind"),
		Record: rapid.IntRange(0, 30).Draw(t, "record"),
		Count:  rapid.IntRange(1, 6).Draw(t, "count"),
		Fault:  -1,
	}
	if rapid.IntRange(0, 9).Draw(t, "goes wrong") == 9 {
		o.Fault = rapid.IntRange(0, refused).Draw(t, "fault")
		o.Times = rapid.SampledFrom([]int{1, 1, 1, 2, 3, 4, 10}).Draw(t, "times")
		o.Detail = rapid.IntRange(0, 500).Draw(t, "detail")
	}
	return o
})

// faults are all the ways in which a request goes wrong and the response, if there
// is one, does not lie about whether it was carried out: a 4xx is returned
// before, and what comes after is a 5xx, no response, or one that cannot be read.
var faults = []func(detail int) clarifytest.Fault{
	func(n int) clarifytest.Fault { return clarifytest.RateLimited(time.Duration(1+n%3) * time.Second) },
	func(int) clarifytest.Fault { return clarifytest.Status(http.StatusTooManyRequests) },
	func(n int) clarifytest.Fault { return clarifytest.Latency(time.Duration(n) * time.Millisecond) },
	func(n int) clarifytest.Fault {
		return clarifytest.Latency(time.Duration(n) * time.Millisecond).AfterWork()
	},
	func(int) clarifytest.Fault { return clarifytest.HangUp() },
	func(int) clarifytest.Fault { return clarifytest.ResetBeforeWork() },
	func(int) clarifytest.Fault { return clarifytest.ResetDuringWork() },
	func(int) clarifytest.Fault { return clarifytest.ResetAfterWork() },
	func(n int) clarifytest.Fault { return clarifytest.CutBody(n) },
	func(n int) clarifytest.Fault { return clarifytest.SlowBody(1+n, 10*time.Millisecond) },
	func(n int) clarifytest.Fault { return clarifytest.HTML(server(n)) },
	func(n int) clarifytest.Fault { return clarifytest.HTML(server(n)).AfterWork() },
	func(int) clarifytest.Fault { return clarifytest.HTML(http.StatusOK) },
	func(int) clarifytest.Fault { return clarifytest.HTML(http.StatusOK).AfterWork() },
	func(n int) clarifytest.Fault { return clarifytest.Status(server(n)) },
	func(n int) clarifytest.Fault { return clarifytest.Status(server(n)).AfterWork() },
	func(n int) clarifytest.Fault {
		return clarifytest.Status([]int{http.StatusBadRequest, http.StatusForbidden, http.StatusConflict, http.StatusUnprocessableEntity}[n%4])
	},
	func(int) clarifytest.Fault {
		return clarifytest.Respond(http.StatusOK, http.Header{"Content-Type": {"application/json"}}, `{"data":`).AfterWork()
	},
	func(int) clarifytest.Fault {
		return clarifytest.Redirect(http.StatusTemporaryRedirect, "http://127.0.0.1:9/")
	},
	func(int) clarifytest.Fault { return clarifytest.Revoke() },
}

// refused is the number of the fault that is none of a request: for a while the
// sandbox takes no connections.
var refused = len(faults)

func server(n int) int {
	return []int{http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout}[n%4]
}
