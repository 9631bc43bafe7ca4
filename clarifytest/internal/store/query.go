package store

import (
	"fmt"
	"sync"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// maxSelections is how many selections a state keeps.
const maxSelections = 8

// selections are what the latest requests asked for, so that reading a large
// collection page by page does not filter and sort it for each page. They hold
// until the next write.
type selections struct {
	mu      sync.Mutex
	version uint64
	kept    map[string][]*Record
}

// Scope is which records of an object a request is about.
type Scope struct {
	List    string           // id
	Records func() []*Record // nil stands for all
	Varies  bool             // they may be others though nothing was written
}

// Select returns the records of an object, or some among them, that meet all
// conditions, in an order. It needs the store's lock. The slice must not be
// changed, nor used without the lock.
func (s *Store) Select(spec *schema.Object, among func() (Scope, error), conditions []values.Comparison, order Order) ([]*Record, error) {
	var of Scope
	if among != nil {
		var err error
		if of, err = among(); err != nil {
			return nil, err
		}
	}
	key := fmt.Sprintf("%q %q %+q %+v", spec.Name, of.List, conditions, order)
	if records, ok := s.selections.find(key, s.version); ok && !of.Varies && s.late == nil {
		return records, nil
	}
	filter, err := s.compile(spec, conditions)
	if err == nil {
		err = s.checkSortOrder(spec, order)
	}
	if err != nil {
		return nil, err
	}
	var records []*Record
	if of.Records == nil {
		records = s.candidates(filter)
		if s.late != nil {
			of.Varies, records = true, s.shown(spec, s.table(spec).all())
		}
	} else {
		records = of.Records()
	}
	records = s.sorted(spec, filter.apply(records), order)
	if !of.Varies {
		s.selections.keep(key, s.version, records)
	}
	return records, nil
}

// candidates returns the records of a filter's object, or some among which are
// all that meet it, in the order of _created_at and _id.
func (s *Store) candidates(f filter) []*Record {
	for _, c := range f.conditions {
		if len(c.path) > 0 || c.sent.Op != values.OpIs {
			continue
		}
		if c.field.field == "_id" {
			return present(s.Find(f.object, c.sent.Operand))
		}
		if target := c.field.target; target != nil {
			if r := s.Find(target, c.sent.Operand); r != nil {
				return s.referring(f.object, c.field.field, r)
			}
			return nil
		}
	}
	return s.table(f.object).all()
}

// present is a record, unless it is nil.
func present(r *Record) []*Record {
	if r == nil {
		return nil
	}
	return []*Record{r}
}

func (s *selections) find(key string, version uint64) ([]*Record, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.version != version {
		return nil, false
	}
	records, ok := s.kept[key]
	return records, ok
}

func (s *selections) keep(key string, version uint64, records []*Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.version != version || len(s.kept) >= maxSelections || s.kept == nil {
		s.version, s.kept = version, map[string][]*Record{}
	}
	s.kept[key] = records
}
