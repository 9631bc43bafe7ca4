package clarify

import (
	"fmt"
	"slices"
	"strings"
)

// QueryOption says which entries of a collection to read, and how. What is wrong
// with it comes out as the error of the call that it is given to, before
// anything is sent, and so does an option that the operation does not have.
//
// An option may be used again, and by several goroutines at once.
type QueryOption func(*query)

// Include has related records come along. The names are those of the relationships'
// properties in the schema: company_id, deals, people, tasks. The API responds with
// 400 to any other name (docs/live-api.md, R2), such as company. The records are in
// [Page.Included] and, from [Records.Get], in [Record.Included].
func Include(names ...string) QueryOption {
	names = slices.Clone(names)
	return func(q *query) {
		for _, name := range names {
			switch {
			case name == "":
				q.fail("Include: a name is empty")
			case strings.Contains(name, ","):
				q.fail("Include %q: a name cannot hold a comma; pass several names instead", name)
			case !slices.Contains(q.include, name):
				q.include = append(q.include, name)
			}
		}
	}
}

// PageSize sets how many entries a page has, from 1 to 500. Without it a page has
// 500, the most that the API responds. Of two, the last one counts.
func PageSize(n int) QueryOption {
	return func(q *query) {
		if n < 1 || n > maxPageSize {
			q.fail("PageSize(%d): a page has 1 to %d entries", n, maxPageSize)
		}
		q.pageSize = &n
	}
}

// Limit ends the iteration after n entries, and reads no more than they take. 0
// is none at all: nothing is sent. Of two, the last one counts.
func Limit(n int) QueryOption {
	return func(q *query) {
		if n < 0 {
			q.fail("Limit(%d): it takes 0 or more", n)
		}
		q.limit = &n
	}
}

// Offset leaves out the first n entries. Of two, the last one counts.
func Offset(n int) QueryOption {
	return func(q *query) {
		if n < 0 {
			q.fail("Offset(%d): it takes 0 or more", n)
		}
		q.offset = &n
	}
}

// Concurrency has up to n requests under way at once where there are several to
// make, from 1 to 1,000. Unless this says otherwise it is 1 where something is read,
// and 4 where it is written in bulk. Of two, the last one counts.
// The requests wait for the rate limit together, so that more of them do not exceed
// it. As that is 50 requests a second, 16 at once are enough for a long run if an
// response takes no longer than 300 milliseconds.
//
// Where pages are read, which is whatever takes [PageSize], it has them fetched
// ahead of the loop that uses them. They come in the same order as without it. At
// most 2n pages are held beside the one in use, which are given back as the loop
// goes on; leaving the loop cancels what is under way. It takes effect where the API
// addresses the next page by its position, as it does for records. If it does not
// say how many there are, up to 2n pages after the last one are asked for in vain;
// with [Stable] nothing is fetched ahead then.
func Concurrency(n int) QueryOption {
	return func(q *query) {
		if n < 1 || n > mostConcurrency {
			q.fail("Concurrency(%d): it takes 1 to %d", n, mostConcurrency)
		}
		q.concurrency = n
	}
}

// Stable reads records in the order of their creation, in such a way that every
// record which is there from the beginning to the end of the iteration comes out
// exactly once, whatever is added, changed or deleted meanwhile, and no record
// twice. Without it pages are cut by position, and a deletion has a record slip
// from a page that is yet to come into one that has been read.
//
// What is added meanwhile comes out as well, unless the iteration is past the moment
// of its creation: one that is restored has its old one. What is deleted may or may
// not come out, and so may a record that a change makes meet a [Where], or no longer.
//
// Each page begins where the last one ended by a condition on _created_at, and
// not at a position. As the API sorts by one field only, records that were created
// in the same millisecond come in any order, except that where they are more than
// a page has, they come in the order of their ids. Pages may have fewer records
// than [PageSize], and what [Page.Meta] says is of the records from the beginning
// of the page on.
//
// It has the order that it needs: with an [OrderBy] it is an error, as with an
// [Offset]. With [Concurrency] the pages after the next one are fetched from where
// they are expected; those that turn out to begin elsewhere are fetched again.
//
// It is for [Records.All], [Records.Pages], [Records.InList] and
// [Records.InListPages]. A response that is not in the order which was asked for
// is an error.
func Stable() QueryOption {
	return func(q *query) { q.stable = true }
}

// Search looks for words: in lists by [Client.Lists] and [Client.WorkspaceLists],
// and in recipients by [Client.Recipients]. Records have no full text search.
func Search(words string) QueryOption {
	return func(q *query) {
		if words == "" {
			q.fail("Search: there are no words to search for")
		}
		q.search = words
	}
}

const (
	maxPageSize = 500
	// mostConcurrency is a connection each, and a third of a minute's requests.
	mostConcurrency = 1000
)

// query is what options ask for.
type query struct {
	conditions              []condition
	sort                    *sorting
	include                 []string
	search                  string
	pageSize, limit, offset *int
	concurrency             int // 0 if it is not said
	stable                  bool
	err                     error // the first one
}

func (q *query) fail(format string, args ...any) {
	if q.err == nil {
		q.err = fmt.Errorf("clarify: "+format, args...)
	}
}
