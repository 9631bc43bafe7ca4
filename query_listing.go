package clarify

import (
	"errors"
	"fmt"
)

// listing says which options an operation that lists takes.
type listing struct {
	operation string
	filter    filtering
	choices   []choice // for filterChoices
	sort      bool
	include   bool
	search    []string // the keys of the parameter, none if there is none
	stable    bool
	overlap   bool
	paging    paging
}

type filtering int

const (
	filterNone      filtering = iota
	filterRecords             // any field, by an operator
	filterDeletions           // _deleted_at, by an operator and in seconds
	filterChoices             // some fields, by their values
)

// choice is a field that is filtered by its value alone.
type choice struct {
	field string
	many  bool // whether it takes several values
}

type paging int

const (
	pagingAlways   paging = iota
	pagingOnDemand        // without a page, all items come at once
	pagingNone            // the operation takes no page
)

// readQuery applies options and checks that the operation takes them. It returns the
// query parameters but those for the page.
func (l *listing) readQuery(opts []QueryOption) (*query, parameters, error) {
	q := &query{}
	for _, opt := range opts {
		if opt == nil {
			return nil, nil, errNilOption
		}
		opt(q)
	}
	if q.err != nil {
		return nil, nil, q.err
	}
	var params parameters
	var err error
	switch {
	case q.sort != nil && !l.sort:
		err = l.lacks("OrderBy")
	case q.include != nil && !l.include:
		err = l.lacks("Include")
	case q.stable && !l.stable:
		err = l.lacks("Stable")
	case q.stable && q.sort != nil:
		err = fmt.Errorf("clarify: Stable reads in the order of creation: it cannot be combined with OrderBy %q", q.sort.field)
	case q.stable && q.offset != nil:
		err = errors.New("clarify: Stable cannot be combined with Offset; to begin later, use Where on _created_at")
	case q.overlap != nil && !l.overlap:
		err = l.lacks("Overlap")
	case q.search != "" && l.search == nil:
		err = l.lacks("Search")
	case q.pageSize != nil && l.paging == pagingNone:
		err = l.lacks("PageSize")
	case q.offset != nil && l.paging == pagingNone:
		err = l.lacks("Offset")
	case q.concurrency != 0 && l.paging == pagingNone:
		err = l.lacks("Concurrency")
	default:
		params, err = l.conditions(q.conditions)
	}
	if err != nil {
		return nil, nil, err
	}
	if q.search != "" {
		params.add(q.search, l.search[0], l.search[1:]...)
	}
	if q.sort != nil {
		params.add(q.sort.field, "sortOrder", "column")
		params.add(string(q.sort.direction), "sortOrder", "dir")
	}
	params.addInclude(q.include)
	return q, params, nil
}

func (l *listing) lacks(option string) error {
	return fmt.Errorf("clarify: %s does not take %s", l.operation, option)
}
