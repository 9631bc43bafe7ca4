package clarifytest

import (
	"fmt"
	"sync"
)

// maxSelections is how many selections a state keeps.
const maxSelections = 8

// selections are what the latest requests asked for, so that reading a large
// collection page by page does not filter and sort it for each page. They hold
// until the next write.
type selections struct {
	mu      sync.Mutex
	version uint64
	kept    map[string][]*record
}

// selected returns the records of an object, or some among them, that meet all
// conditions, in an order. It needs the state's lock. The slice must not be
// changed, nor used without the lock.
func (s *state) selected(spec *objectSpec, among func() ([]*record, *failure), conditions []condition, order sortOrder) ([]*record, *failure) {
	if among != nil {
		some, f := among()
		if f != nil {
			return nil, f
		}
		return s.choose(spec, some, conditions, order)
	}
	key := fmt.Sprintf("%q %+q %+v", spec.name, conditions, order)
	if records, ok := s.selections.find(key, s.version); ok {
		return records, nil
	}
	records, f := s.choose(spec, s.table(spec).all(), conditions, order)
	if f != nil {
		return nil, f
	}
	s.selections.keep(key, s.version, records)
	return records, nil
}

func (s *state) choose(spec *objectSpec, records []*record, conditions []condition, order sortOrder) ([]*record, *failure) {
	filter, f := s.compile(spec, conditions)
	if f != nil {
		return nil, f
	}
	return s.sorted(spec, filter.apply(records), order), nil
}

func (s *selections) find(key string, version uint64) ([]*record, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.version != version {
		return nil, false
	}
	records, ok := s.kept[key]
	return records, ok
}

func (s *selections) keep(key string, version uint64, records []*record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.version != version || len(s.kept) >= maxSelections || s.kept == nil {
		s.version, s.kept = version, map[string][]*record{}
	}
	s.kept[key] = records
}
