package backup

import (
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/clarify-go/clarify"
)

// prepared are the attributes of a record as the workspace takes them.
type prepared struct {
	now  map[string]any // when the record is created
	late map[string]any // when all records are there
}

// prepare returns the attributes of a record, with ids replaced. It reports what is lost
// if reports is true. Attributes that refer to records of its own object or of later ones
// are late. Which ones these are depends on the backup alone, so that a record that was
// created is known by what it has.
func (r *restore) prepare(object string, line *recordLine, reports bool) (prepared, error) {
	attributes, err := decode(line.Attributes)
	if err != nil {
		return prepared{}, err
	}
	target, _ := r.target.Object(object)
	p := prepared{now: map[string]any{}, late: map[string]any{}}
	system := false
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		value := attributes[name]
		if value == nil || name == "_id" {
			continue
		}
		lose := func(reason string) {
			if reports {
				r.problems.add("fields", object, name, line.ID, reason)
			}
		}
		f, known := target.Field(name)
		switch {
		case strings.HasPrefix(name, "_"):
			if reports && !system {
				r.problems.add("fields", object, "_*", line.ID, "the system sets them")
			}
			system = true
		case !known:
			lose("the workspace does not have the field")
		case f.Kind == clarify.KindToMany:
			// Links are restored on their own.
		case f.ReadOnly:
			lose("the API does not take it")
		case r.journal.has("drop/"+object+"/"+name, line.ID):
			reason, _ := r.journal.get("drop/"+object+"/"+name, line.ID)
			lose(reason)
		case f.Kind == clarify.KindToOne && f.Relationship != nil && f.Relationship.Object != "user":
			r.prepareReference(&p, object, f, value, lose)
		default:
			r.prepareValue(&p, object, f, value, lose)
		}
	}
	return p, nil
}

// prepareReference replaces the id of a record of a certain object.
func (r *restore) prepareReference(p *prepared, object string, f *clarify.FieldSchema, value any, lose func(string)) {
	id, _ := value.(string)
	to := f.Relationship.Object
	now, known := r.ids[to][id]
	switch isLate := r.order[to] >= r.order[object]; {
	case !known:
		lose("it refers to a record that is not in the backup")
	case isLate && now == "":
		p.late[f.Name] = nil // as long as the record is not there
	case isLate:
		p.late[f.Name] = now
	case now == "":
		lose("it refers to a record that could not be restored")
	default:
		p.now[f.Name] = now
	}
}

// prepareValue replaces ids in a value.
func (r *restore) prepareValue(p *prepared, object string, f *clarify.FieldSchema, value any, lose func(string)) {
	if id, ok := value.(string); ok {
		if user, known := r.users[id]; known {
			if user == "" {
				lose("the workspace has no user with the email address " + r.emails[id])
				return
			}
			p.now[f.Name] = user
			return
		}
	}
	late := false
	mapped := r.replace(strip(f, value), func(to string) { late = late || r.order[to] >= r.order[object] })
	if late {
		p.late[f.Name] = mapped
	} else {
		p.now[f.Name] = mapped
	}
}

// replace replaces the ids in a value: strings that are the id of a record, of a list or
// of a user. It tells a function the objects whose records the value refers to.
func (r *restore) replace(value any, refers func(object string)) any {
	switch value := value.(type) {
	case string:
		return r.replaceID(value, refers)
	case []any:
		all := make([]any, len(value))
		for i, v := range value {
			all[i] = r.replace(v, refers)
		}
		return all
	case map[string]any:
		all := make(map[string]any, len(value))
		for name, v := range value {
			all[r.replaceID(name, refers)] = r.replace(v, refers)
		}
		return all
	}
	return value
}

func (r *restore) replaceID(id string, refers func(object string)) string {
	if user := r.users[id]; user != "" {
		return user
	}
	if list, ok := r.journal.get("lists", id); ok {
		return list
	}
	for object, ids := range r.ids {
		if now, known := ids[id]; known {
			if refers != nil {
				refers(object)
			}
			if now != "" {
				return now
			}
		}
	}
	return id
}

// replaceInText replaces the ids that are words of a text, such as SQL.
func (r *restore) replaceInText(text string) string {
	isWord := func(c byte) bool {
		return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '_' || c == '|'
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		end := i
		for end < len(text) && isWord(text[end]) {
			end++
		}
		if end == i {
			b.WriteByte(text[i])
			i++
			continue
		}
		b.WriteString(r.replaceID(text[i:end], nil))
		i = end
	}
	return b.String()
}

// strip returns a value without the members that only the system writes, such as the
// full name of a name.
func strip(f *clarify.FieldSchema, value any) any {
	members, ok := value.(map[string]any)
	if !ok || f == nil || len(f.Members) == 0 {
		return value
	}
	all := make(map[string]any, len(members))
	for name, v := range members {
		member, known := f.Member(name)
		if known && member.ReadOnly {
			continue
		}
		all[name] = strip(member, v)
	}
	return all
}

// canonical returns values in a form that is the same for equal ones.
func canonical(value any) string {
	var b strings.Builder
	writeCanonical(&b, value)
	return b.String()
}

func writeCanonical(b *strings.Builder, value any) {
	switch value := value.(type) {
	case map[string]any:
		b.WriteByte('{')
		for _, name := range slices.Sorted(maps.Keys(value)) {
			if value[name] == nil {
				continue
			}
			writeCanonical(b, name)
			b.WriteByte(':')
			writeCanonical(b, value[name])
			b.WriteByte(',')
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for _, v := range value {
			writeCanonical(b, v)
			b.WriteByte(',')
		}
		b.WriteByte(']')
	case json.Number:
		// Exponents of a thousand digits are not made explicit.
		if n, ok := new(big.Rat).SetString(value.String()); ok && len(value) < 40 && !strings.ContainsAny(value.String(), "eE") {
			b.WriteString(n.RatString())
			return
		}
		b.WriteString(value.String())
	default:
		raw, err := json.Marshal(value)
		if err != nil {
			raw = []byte("null")
		}
		b.Write(raw)
	}
}
