// Package jsonschema reads what JSON Schemas say about a value: its types, its
// properties, its keywords. It follows $ref across the documents of a set, and merges
// allOf, anyOf and oneOf. It does not validate.
//
// A schema can be any JSON value. Malformed parts are ignored, and cycles of
// references end.
package jsonschema

import (
	"net/url"
	"strconv"
	"strings"
)

// Set holds the documents that refer to each other. The zero value is empty. Once
// all documents are added, it is safe for concurrent use.
type Set struct {
	byID   map[string]*document
	byTail map[string]*document
}

// document is a JSON Schema with an id.
type document struct {
	base string // the base URL of references in it
	root any
}

// Part is a schema in a document, or several that all apply.
type Part struct{ pieces []piece }

type piece struct {
	value any
	doc   *document
	whole bool // whether it is the whole document
}

// Value returns the schema as it stands in the document. If there are several,
// it is an allOf of them.
func (p Part) Value() any {
	if len(p.pieces) == 1 {
		return p.pieces[0].value
	}
	all := make([]any, len(p.pieces))
	for i, piece := range p.pieces {
		all[i] = piece.value
	}
	return map[string]any{"allOf": all}
}

// IsZero reports whether there is no schema.
func (p Part) IsZero() bool { return len(p.pieces) == 0 }

// with returns a part to which the pieces of another one apply as well.
func (p Part) with(other Part) Part {
	return Part{append(p.pieces[:len(p.pieces):len(p.pieces)], other.pieces...)}
}

// Add adds a document under its ids. The first id is the base URL of references in it.
// Of several documents with the same id, the first one that is an object is used.
func (s *Set) Add(root any, ids ...string) Part {
	doc := &document{root: root}
	if len(ids) > 0 {
		doc.base = ids[0]
	}
	if s.byID == nil {
		s.byID, s.byTail = map[string]*document{}, map[string]*document{}
	}
	for _, id := range ids {
		id = normal(id)
		add(s.byID, id, doc)
		add(s.byTail, tail(id), doc)
	}
	return Part{[]piece{{root, doc, true}}}
}

func add(index map[string]*document, key string, doc *document) {
	if key == "" {
		return
	}
	if known := index[key]; known == nil || Object(known.root) == nil && Object(doc.root) != nil {
		index[key] = doc
	}
}

// normal returns an id in the form in which ids are compared.
func normal(id string) string { return strings.TrimRight(strings.TrimSpace(id), "/#") }

// tail returns the part of an id after /schemas/. It is the same in all sources, while
// the scheme and the host differ.
func tail(id string) string {
	if i := strings.LastIndex(id, "/schemas/"); i >= 0 {
		return id[i+len("/schemas/"):]
	}
	return ""
}

// target is the schema that a reference leads to.
type target struct {
	doc     *document
	pointer string
}

// resolve returns the schema that a reference in a document leads to.
func (s *Set) resolve(ref string, from *document) (target, Part, bool) {
	id, pointer, _ := strings.Cut(ref, "#")
	doc := from
	if id != "" {
		doc = s.lookup(id, from)
	}
	if doc == nil {
		return target{}, Part{}, false
	}
	value, ok := follow(doc.root, pointer)
	return target{doc, pointer}, Part{[]piece{{value, doc, false}}}, ok
}

func (s *Set) lookup(id string, from *document) *document {
	candidates := []string{id}
	if base, err := url.Parse(from.base); err == nil {
		if u, err := base.Parse(id); err == nil {
			candidates = append(candidates, u.String())
		}
	}
	for _, candidate := range candidates {
		if doc := s.byID[normal(candidate)]; doc != nil {
			return doc
		}
	}
	for _, candidate := range candidates {
		if doc := s.byTail[tail(normal(candidate))]; doc != nil {
			return doc
		}
	}
	return s.byTail[normal(id)]
}

// follow returns the value that a JSON Pointer (RFC 6901) in a fragment leads to.
func follow(value any, pointer string) (any, bool) {
	if pointer == "" {
		return value, true
	}
	unescaped, err := url.PathUnescape(pointer)
	if err != nil || unescaped[0] != '/' {
		return nil, false
	}
	for token := range strings.SplitSeq(unescaped[1:], "/") {
		token = unescapeToken(token)
		if list := List(value); list != nil {
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(list) {
				return nil, false
			}
			value = list[i]
			continue
		}
		member, ok := Object(value)[token]
		if !ok {
			return nil, false
		}
		value = member
	}
	return value, true
}

func unescapeToken(token string) string {
	return strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
}
