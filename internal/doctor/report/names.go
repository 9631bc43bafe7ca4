package report

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Names tells the names that every workspace has from those of one workspace, and
// has placeholders for the latter. It is safe for concurrent use.
type Names struct {
	known map[string]bool // set once

	mu   sync.Mutex
	own  map[string]string // the placeholders, by kind and name
	made map[string]int    // how many there are, by kind
}

// NewNames returns Names that shows the known names and no others.
func NewNames(known ...[]string) *Names {
	n := &Names{known: map[string]bool{}, own: map[string]string{}, made: map[string]int{}}
	for _, name := range slices.Concat(known...) {
		n.known[name] = true
	}
	return n
}

// Known reports whether every workspace has the name.
func (n *Names) Known(name string) bool { return n.known[name] }

func (n *Names) placeholder(kind, name string) string {
	if n.known[name] {
		return name
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	key := kind + "\x00" + name
	if n.own[key] == "" {
		n.made[kind]++
		n.own[key] = fmt.Sprintf("%s-%d", kind, n.made[kind])
	}
	return n.own[key]
}

// Object names an object, such as person or object-1.
func (n *Names) Object(name string) Operand { return Operand{n.placeholder("object", name)} }

// Field names a field of an object, such as job_title or field-1.
func (n *Names) Field(name string) Operand { return Operand{n.placeholder("field", name)} }

// Operation names an operation, by its id.
func (n *Names) Operation(id string) Operand { return Operand{n.placeholder("operation", id)} }

// Keyword names a keyword or an annotation of a JSON Schema, such as
// xClarifyUnique or keyword-1.
func (n *Names) Keyword(name string) Operand { return Operand{n.placeholder("keyword", name)} }

// Place is a place in a JSON document as a pointer, with * for any item of a list
// and placeholders for names of the workspace's own.
func (n *Names) Place(path []string) Operand {
	var b strings.Builder
	for _, step := range path {
		b.WriteByte('/')
		switch {
		case isIndex(step):
			b.WriteByte('*')
		case n.known[step]:
			b.WriteString(step)
		default:
			b.WriteString(n.placeholder("field", step))
		}
	}
	return Operand{b.String()}
}

func isIndex(step string) bool {
	return step != "" && !strings.ContainsFunc(step, func(r rune) bool { return r < '0' || r > '9' })
}
