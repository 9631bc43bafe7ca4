package clarify

import "maps"

// fieldWriter writes the fields of an object that are set as JSON, in one pass. It
// gives up at a value that must be combined with extra members or cannot be encoded.
type fieldWriter struct {
	out    []byte
	gaveUp bool
}

func (w *fieldWriter) field(name string, f field) {
	if w.gaveUp || f.isZero() {
		return
	}
	if w.out == nil {
		w.out = append(make([]byte, 0, 256), '{')
	}
	w.name(name)
	f.write(w)
}

func (w *fieldWriter) extra(f *Fields)  { w.gaveUp = w.gaveUp || len(*f) > 0 }
func (w *fieldWriter) system(f *Fields) { w.extra(f) }

// end returns the object.
func (w *fieldWriter) end() []byte {
	if w.out == nil {
		return []byte("{}")
	}
	return append(w.out, '}')
}

// name writes the name of a member, which needs no escapes.
func (w *fieldWriter) name(name string) {
	if w.out[len(w.out)-1] != '{' {
		w.out = append(w.out, ',')
	}
	w.out = append(w.out, '"')
	w.out = append(w.out, name...)
	w.out = append(w.out, '"', ':')
}

func (w *fieldWriter) string(s string) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			w.out = append(w.out, jsonString(s)...)
			return
		}
	}
	w.out = append(w.out, '"')
	w.out = append(w.out, s...)
	w.out = append(w.out, '"')
}

// fieldEncoder collects the fields of an object that are set, and the extra ones.
type fieldEncoder map[string]any

func (e fieldEncoder) field(name string, f field) {
	if !f.isZero() {
		e[name] = f.encode(e[name])
	}
}

func (e fieldEncoder) extra(f *Fields)  { maps.Copy(e, *f) }
func (e fieldEncoder) system(f *Fields) { e.extra(f) }

// fieldsOf returns the fields of an object that are set, and the extra ones, by name.
func fieldsOf(o object) map[string]any {
	e := make(fieldEncoder, 16)
	o.visit(e)
	return e
}

// fieldFinder finds a string among the fields of an object. A field that is set takes
// precedence over an extra member of the same name.
type fieldFinder struct{ name, found string }

func (n *fieldFinder) field(name string, f field) {
	if s, ok := f.(*stringField); ok && name == n.name && *s != "" {
		n.found = string(*s)
	}
}

func (n *fieldFinder) extra(f *Fields) {
	if s, ok := (*f)[n.name].(string); ok {
		n.found = s
	}
}

func (n *fieldFinder) system(f *Fields) { n.extra(f) }
