package clarify

import "maps"

// fieldWriter writes the fields of an object that are set as JSON, in one pass. It
// gives up at a value that must be combined with extra members or cannot be encoded.
type fieldWriter struct {
	out    []byte
	gaveUp bool
}

// object writes the members of an object.
func (w *fieldWriter) object(o TypedAttributes) {
	system := o.system()
	if len(*o.AttributeAt(-1).extra()) > 0 || system != nil && len(system.Extra) > 0 {
		w.gaveUp = true
		return
	}
	if system != nil {
		for i := range attributesOfSystem {
			w.attribute(system.attributeAt(i))
		}
	}
	for i := 0; ; i++ {
		a := o.AttributeAt(i)
		if a.extra() != nil {
			return
		}
		w.attribute(a)
	}
}

func (w *fieldWriter) attribute(a Attribute) {
	if w.gaveUp || a.field.isZero() {
		return
	}
	if w.out == nil {
		w.out = append(make([]byte, 0, 256), '{')
	}
	w.name(a.name)
	a.field.write(w)
}

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

// fieldsOf returns the fields of an object that are set, and the extra ones, by name.
func fieldsOf(o TypedAttributes) map[string]any {
	fields := make(map[string]any, 16)
	for a := range attributesOf(o) {
		if extra := a.extra(); extra != nil {
			maps.Copy(fields, *extra)
		}
	}
	for a := range attributesOf(o) {
		if !a.field.isZero() {
			fields[a.name] = a.field.encode(fields[a.name])
		}
	}
	return fields
}

// stringInObject returns a function that finds a string among the fields of an object. A
// field that is set takes precedence over an extra member of the same name.
func stringInObject(o TypedAttributes) func(name string) string {
	return func(name string) (found string) {
		for a := range attributesOf(o) {
			if extra := a.extra(); extra != nil {
				if s, ok := (*extra)[name].(string); ok && found == "" {
					found = s
				}
			} else if s, ok := a.field.(*stringField); ok && a.name == name && *s != "" {
				found = string(*s)
			}
		}
		return found
	}
}
