package clarifyriver

import (
	"errors"
	"fmt"

	"github.com/riverqueue/river"
)

// ImportArgs are the arguments of an import. To give a job more of them, or to have
// imports of several types of records, embed it in a type with a Kind of its own:
//
//	type dealsArgs struct {
//		clarifyriver.ImportArgs
//		Tenant string `json:"tenant"`
//	}
//
//	func (dealsArgs) Kind() string { return "import_deals" }
type ImportArgs struct {
	// Name says which records to import, such as the name of a file. Only the
	// function Open of the worker knows what it means.
	Name string `json:"name"`
	// Object is the object that they are records of, such as person.
	Object string `json:"object"`
	// MatchOn is the unique field by which records that exist are found and updated,
	// as in [clarify.MatchOn]. Without it, records are written at most once.
	MatchOn string `json:"match_on,omitempty"`
	Range
}

// Kind returns clarify_import.
func (ImportArgs) Kind() string { return "clarify_import" }

// InsertOpts makes the job unique until it has ended.
func (ImportArgs) InsertOpts() river.InsertOpts { return unique() }

func (a ImportArgs) importArgs() ImportArgs { return a }

// Split divides an import of a known number of records into jobs of at most size
// records each, which several processes work at the same time. Records with the same
// value of MatchOn should be in one job: it is not known which of several jobs writes
// last. It returns nil if one of the numbers is not positive.
func (a ImportArgs) Split(records, size int) []ImportArgs {
	var parts []ImportArgs
	for _, r := range a.split(records, size) {
		a.Range = r
		parts = append(parts, a)
	}
	return parts
}

// UpdateArgs are the arguments of an update. They can be embedded as [ImportArgs].
type UpdateArgs struct {
	// Name says which changes to make. Only the function Open of the worker knows
	// what it means.
	Name string `json:"name"`
	// Object is the object whose records they change, such as person.
	Object string `json:"object"`
	Range
}

// Kind returns clarify_update.
func (UpdateArgs) Kind() string { return "clarify_update" }

// InsertOpts makes the job unique until it has ended.
func (UpdateArgs) InsertOpts() river.InsertOpts { return unique() }

func (a UpdateArgs) updateArgs() UpdateArgs { return a }

// Split divides an update of a known number of records into jobs of at most size
// changes each, as [ImportArgs.Split] does.
func (a UpdateArgs) Split(changes, size int) []UpdateArgs {
	var parts []UpdateArgs
	for _, r := range a.split(changes, size) {
		a.Range = r
		parts = append(parts, a)
	}
	return parts
}

// Range is a part of what a job names.
type Range struct {
	// First is the position of the first record, from 0.
	First int `json:"first,omitempty"`
	// Count is how many records there are, 0 for all from the first on.
	Count int `json:"count,omitempty"`
}

func (r Range) split(total, size int) (parts []Range) {
	if size < 1 {
		return nil
	}
	end := total
	if r.Count > 0 {
		end = min(total, r.First+r.Count)
	}
	for first := r.First; first < end; first += size {
		parts = append(parts, Range{first, min(size, end-first)})
	}
	return parts
}

func (r Range) check() error {
	if r.First < 0 || r.Count < 0 {
		return river.JobCancel(fmt.Errorf("clarify: invalid job: first is %d and count is %d, must be 0 or more", r.First, r.Count))
	}
	return nil
}

// unreadable is an error of the source of records, not of one record.
type unreadable struct{ err error }

func (u *unreadable) Error() string {
	return fmt.Sprintf("clarify: the records cannot be read: %v", u.err)
}
func (u *unreadable) Unwrap() error { return u.err }

// Unreadable returns an error for a sequence of records that cannot be read any
// further. The job is retried, and reads on from there. Any other error of a sequence is
// about one record, which is refused.
func Unreadable(err error) error {
	if err == nil {
		err = errors.New("no reason is known")
	}
	return &unreadable{err}
}
