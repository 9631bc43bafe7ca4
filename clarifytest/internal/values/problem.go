package values

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The reasons of problems.
var (
	ErrInvalid = errors.New("invalid value")
	ErrRange   = errors.New("number out of range")
)

// A Problem is what is wrong with a document, or with a value in it.
type Problem struct {
	Reason error   // such as [ErrInvalid]
	At     Pointer // where the value is, or empty
	Detail string  // a sentence for people
}

func (p *Problem) Error() string { return p.Detail }

func (p *Problem) Unwrap() error { return p.Reason }

// NewProblem returns a problem as an error.
func NewProblem(reason error, at Pointer, format string, args ...any) error {
	return &Problem{Reason: reason, At: at, Detail: fmt.Sprintf(format, args...)}
}

// Invalid returns the problem of a value that is not allowed where it is.
func Invalid(at Pointer, format string, args ...any) error {
	return NewProblem(ErrInvalid, at, format, args...)
}

// Problems collects errors, so that one response can name all of them.
type Problems []error

func (p Problems) Error() string { return p[0].Error() }

func (p Problems) Unwrap() []error { return p }

// Add adds an error, unless it is nil.
func (p *Problems) Add(err error) {
	if err != nil {
		*p = append(*p, err)
	}
}

// Err returns the problems as one error, or nil if there are none.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}

// Pointer is a JSON pointer, RFC 6901.
type Pointer string

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// Member returns the pointer to a member of the object.
func (p Pointer) Member(name string) Pointer {
	return p + "/" + Pointer(pointerEscapes.Replace(name))
}

// Item returns the pointer to an item of the array.
func (p Pointer) Item(i int) Pointer {
	return p + "/" + Pointer(strconv.Itoa(i))
}
