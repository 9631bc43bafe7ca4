package clarify

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// QueryOption says which items of a collection to read, and how. If it is invalid, or
// if the operation does not take it, the call that it is passed to returns an error
// and sends nothing.
//
// An option may be used more than once, and concurrently.
type QueryOption func(*query)

// Include asks for related records along with those that are read. The names are
// properties of the schema: company_id, deals, people, tasks. The API responds with
// 400 to any other name, such as company (docs/live-api.md, R2). The records are in
// [Page.Included] and, from [Records.Get], in [Record.Included].
func Include(names ...string) QueryOption {
	names = slices.Clone(names)
	return func(q *query) {
		for _, name := range names {
			switch {
			case name == "":
				q.fail("Include: the name is empty")
			case strings.Contains(name, ","):
				q.fail("Include %q: invalid name: pass several names instead of commas", name)
			case !slices.Contains(q.include, name):
				q.include = append(q.include, name)
			}
		}
	}
}

// PageSize sets how many items a page has, from 1 to 500. The default is 500, the
// maximum of the API. The last one of several counts.
func PageSize(n int) QueryOption {
	return func(q *query) {
		if n < 1 || n > maxPageSize {
			q.fail("PageSize(%d): must be 1 to %d", n, maxPageSize)
		}
		q.pageSize = &n
	}
}

// Limit ends the iteration after n items, and reads no more pages than they take.
// With 0 nothing is sent. The last one of several counts.
func Limit(n int) QueryOption {
	return func(q *query) {
		if n < 0 {
			q.fail("Limit(%d): must be 0 or more", n)
		}
		q.limit = &n
	}
}

// Offset skips the first n items. The last one of several counts.
func Offset(n int) QueryOption {
	return func(q *query) {
		if n < 0 {
			q.fail("Offset(%d): must be 0 or more", n)
		}
		q.offset = &n
	}
}

// Concurrency allows up to n requests in flight, from 1 to 1,000. The default is 1 for
// reading, and 4 for writing in bulk. The last one of several counts. The requests
// share the rate limit, so more of them do not exceed it. It is 50 requests a second:
// 16 in flight reach it if a response takes no longer than 300 milliseconds.
//
// In reading, it fetches pages ahead of the loop that uses them, which yields the same
// items in the same order. Besides the page in use, at most 2n pages are held. Leaving
// the loop cancels the requests in flight. It has an effect where the API addresses
// pages by their position, as it does for records. If the API does not say how many
// items there are, up to 2n pages after the last one are requested in vain; with
// [Stable], no page is then fetched ahead.
func Concurrency(n int) QueryOption {
	return func(q *query) {
		if n < 1 || n > maxConcurrency {
			q.fail("Concurrency(%d): must be 1 to %d", n, maxConcurrency)
		}
		q.concurrency = n
	}
}

// Stable reads records in the order of their creation. A record that exists throughout
// the iteration is read exactly once, whatever is added, changed or deleted meanwhile,
// and no record is read twice. Without Stable the API divides pages by position: after
// a deletion, a record can move from a page that was not read yet to one that was.
//
// A record that is added meanwhile is read too, unless the iteration is past its time
// of creation: a restored record keeps its old one. A record that is deleted meanwhile,
// or that meets a [Where] only before or after a change, may or may not be read.
//
// A page begins after the previous one by a condition on _created_at, not by position.
// The API sorts by one field only, so records that were created in the same millisecond
// are read in any order, or, if a page cannot hold them all, in the order of their ids.
// Pages may have fewer records than [PageSize], and [Page.Meta] counts the records from
// the beginning of the page on.
//
// Stable determines the order, so combining it with [OrderBy] or [Offset] is an error.
// With [Concurrency], pages are fetched ahead from where they are expected to begin,
// and fetched again if they begin elsewhere.
//
// It is for [Records.All], [Records.Pages], [Records.InList] and
// [Records.InListPages]. A response that is not in the requested order is an error.
func Stable() QueryOption {
	return func(q *query) { q.stable = true }
}

// Search searches for words: in lists with [Client.Lists] and [Client.WorkspaceLists],
// and in recipients with [Client.Recipients]. Records have no full-text search.
func Search(words string) QueryOption {
	return func(q *query) {
		if words == "" {
			q.fail("Search: the words are empty")
		}
		q.search = words
	}
}

const (
	maxPageSize = 500
	// maxConcurrency is also the number of connections. At the rate limit, that many
	// requests take 20 seconds.
	maxConcurrency = 1000
)

// query is the result of query options.
type query struct {
	conditions              []condition
	sort                    *sorting
	include                 []string
	search                  string
	pageSize, limit, offset *int
	concurrency             int // 0 for the default
	stable                  bool
	stableBy                string         // the column of its order, _created_at if empty
	overlap                 *time.Duration // of Changes
	err                     error          // the first one
}

func (q *query) fail(format string, args ...any) {
	if q.err == nil {
		q.err = fmt.Errorf("clarify: "+format, args...)
	}
}
