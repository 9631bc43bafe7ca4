package clarify

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// WriteOption changes how a record is written. If it is invalid, the call that it is
// passed to returns an error and sends nothing.
//
// An option may be used more than once, and concurrently.
type WriteOption func(*writing)

// MatchOn makes [Records.Create] update the record that has the same value of a
// unique field, if there is one. The field must be among the attributes with a
// value. Such a create is retried if its outcome is unknown.
//
// According to the API the unique fields are the email_addresses of a person and the
// domains of a company (any one of them counts), the name of a deal, and what was
// configured for custom objects. Meetings and tasks have none.
func MatchOn(field string) WriteOption {
	return func(w *writing) {
		switch {
		case field == "":
			w.fail("MatchOn: the field is empty")
		case w.matchOn != "" && w.matchOn != field:
			w.fail("MatchOn %q: the API matches on one field, and MatchOn %q is given too", field, w.matchOn)
		}
		w.matchOn = field
	}
}

// Silent keeps the app and Slack from announcing the change. For calls without
// options, use [Records.Silent].
func Silent() WriteOption {
	return func(w *writing) { w.silent = true }
}

// Append makes [Records.Update] add items to these fields, which are collections,
// such as [Collection], or lists. They must be among the changes.
func Append(fields ...string) WriteOption { return combine("Append", "append", fields) }

// Remove makes [Records.Update] remove items from these fields, which are
// collections. They must be among the changes.
func Remove(fields ...string) WriteOption { return combine("Remove", "remove", fields) }

// Replace makes [Records.Update] replace all items of these fields, which are
// collections. They must be among the changes.
func Replace(fields ...string) WriteOption { return combine("Replace", "replace", fields) }

// Merge makes [Records.Update] change only those members of these fields that are
// sent; without it the whole value is replaced. The fields are objects, such as a
// person's name, and must be among the changes. To merge records, use
// [Records.Merge].
func Merge(fields ...string) WriteOption { return combine("Merge", "merge", fields) }

func combine(option, how string, fields []string) WriteOption {
	fields = slices.Clone(fields)
	return func(w *writing) {
		if len(fields) == 0 {
			w.fail("%s: there is no field", option)
		}
		for _, field := range fields {
			w.strategies = append(w.strategies, strategy{option, how, field})
		}
	}
}

// writing is the result of the options of a write.
type writing struct {
	matchOn    string
	silent     bool
	strategies []strategy
	checkedBy  *Schema
	check      *recordCheck // nil if records are not checked
	err        error        // the first one
}

type strategy struct{ option, how, field string }

func (w *writing) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf("clarify: "+format, args...)
	}
}

func readWriting(opts []WriteOption, silent bool) (*writing, error) {
	w := &writing{silent: silent}
	for _, opt := range opts {
		if opt == nil {
			return nil, errNilOption
		}
		opt(w)
	}
	return w, w.err
}

// silence is the parameter silent.
func silence(silent bool) *bool {
	if !silent {
		return nil
	}
	return &silent
}

// attributes are encoded attributes that were checked.
type attributes struct {
	json    json.RawMessage
	members members
}

// encodeMembers encodes what must be an object in JSON. what is its name in messages.
func encodeMembers(what string, value any) ([]byte, error) {
	b, err := encode(value)
	if err != nil {
		return nil, fmt.Errorf("clarify: cannot encode the %s: %w", what, err)
	}
	if b[0] != '{' {
		return nil, fmt.Errorf("clarify: the %s must be an object in JSON, and a %T is %s", what, value, kindOfJSON(b))
	}
	return b, nil
}

// encodeAttributes encodes the attributes that a caller writes. It returns an error for
// those that the API would reject. what is their name in messages.
func (w *writing) encodeAttributes(what string, value any) (*attributes, error) {
	b, err := encodeMembers(what, value)
	if err != nil {
		return nil, err
	}
	if err := w.checkEncoded(what, b); err != nil {
		return nil, err
	}
	a := &attributes{json: b}
	if a.members, err = membersOf(b); err != nil {
		return nil, fmt.Errorf("clarify: cannot encode the %s: %w", what, err)
	}
	var system []string
	for _, m := range a.members {
		if strings.HasPrefix(m.name, "_") {
			system = append(system, strconv.Quote(m.name))
		}
	}
	if len(system) > 0 {
		slices.Sort(system)
		return nil, fmt.Errorf("clarify: the %s have %s: names that begin with _ are set by the system and cannot be written; "+
			"leave them out, in a built-in type by setting its System to the zero value", what, strings.Join(system, ", "))
	}
	return a, nil
}

// encodeNew encodes the attributes of a record to create, or to update if there is
// one with the same value of the field of MatchOn.
func encodeNew(value any, w *writing) (*attributes, error) {
	a, err := w.encodeAttributes("attributes", value)
	if err != nil {
		return nil, err
	}
	if _, ok := a.members.get("id"); ok {
		return nil, errors.New(`clarify: the attributes have "id": the API chooses the id of a new record; leave it out`)
	}
	if w.matchOn != "" && !a.hasValue(w.matchOn) {
		return nil, fmt.Errorf("clarify: MatchOn %q: the attributes have no value for this field, so no record could match", w.matchOn)
	}
	return a, nil
}

// encodeChanges encodes the changes of a record, and how they combine with its
// present values.
func encodeChanges(value any, w *writing) (*attributes, map[string]map[string]string, error) {
	if c := changesIn(value); c != nil {
		if err := c.check(); err != nil {
			return nil, nil, fmt.Errorf("clarify: %w", err)
		}
		combined := *w
		combined.strategies = slices.Concat(c.combined(), w.strategies)
		w = &combined
	}
	a, err := w.encodeAttributes("changes", value)
	if err != nil {
		return nil, nil, err
	}
	if _, ok := a.members.get("id"); ok {
		return nil, nil, errors.New(`clarify: the changes have "id": an id cannot be changed; leave it out`)
	}
	if len(a.members) == 0 {
		return nil, nil, errors.New("clarify: the changes are empty: to clear a field send null, as Fields does with a nil value")
	}
	meta, err := w.meta(a)
	return a, meta, err
}

// hasValue reports whether a field is among the attributes and not empty.
func (a *attributes) hasValue(field string) bool {
	switch value, _ := a.members.get(field); string(value) {
	case "", "null", `""`, "[]", "{}":
		return false
	default:
		var collection struct {
			Items *[]json.RawMessage `json:"items"`
		}
		return value[0] != '{' || decode(value, &collection) != nil || collection.Items == nil || len(*collection.Items) > 0
	}
}

// meta returns how the fields of an update combine with their present values.
func (w *writing) meta(changes *attributes) (map[string]map[string]string, error) {
	if len(w.strategies) == 0 {
		return nil, nil
	}
	meta := map[string]map[string]string{}
	for _, s := range w.strategies {
		value, ok := changes.members.get(s.field)
		if !ok {
			return nil, fmt.Errorf("clarify: %s %q: the changes do not have this field", s.option, s.field)
		}
		kind, err := s.kind(value)
		if err != nil {
			return nil, fmt.Errorf("clarify: %s %q: %w", s.option, s.field, err)
		}
		if before, twice := meta[s.field]; twice && before[kind] != s.how {
			return nil, fmt.Errorf("clarify: %s %q: the field has another such option", s.option, s.field)
		}
		meta[s.field] = map[string]string{kind: s.how}
	}
	return meta, nil
}

// kind returns the API's name for the kind of field that a strategy is for.
func (s strategy) kind(value json.RawMessage) (string, error) {
	switch {
	case s.how == "merge" && value[0] == '{':
		return "object", nil
	case s.how == "merge":
		return "", errors.New("the value must be an object in JSON")
	case s.how == "append" && value[0] == '[':
		return "array", nil
	}
	var collection struct {
		Items []json.RawMessage `json:"items"`
	}
	if value[0] != '{' || json.Unmarshal(value, &collection) != nil || collection.Items == nil {
		return "", fmt.Errorf(`the value must be a collection, which is {"items": […]} in JSON; see Collection`)
	}
	return "collection", nil
}

// entryBody is a record in the body of a request.
type entryBody struct {
	Type       string          `json:"type"`
	ID         string          `json:"id,omitempty"`
	Attributes json.RawMessage `json:"attributes"`
}

// writeBody is the body of a request that writes records. Data is one or several.
type writeBody struct {
	Data    any                          `json:"data"`
	MatchOn string                       `json:"match_on,omitempty"`
	Meta    map[string]map[string]string `json:"meta,omitempty"`
}

// checkIDs checks each id of a list as checkID does. The list must not be empty.
func checkIDs(what string, ids []string) error {
	if len(ids) == 0 {
		return fmt.Errorf("clarify: %s is empty: there is nothing to do", what)
	}
	for i, id := range ids {
		if err := checkID(fmt.Sprintf("%s[%d]", what, i), id); err != nil {
			return err
		}
	}
	return nil
}

// checkID checks an id that is not sent in a path, where the generated client would
// check it. what is its name in the message.
func checkID(what, id string) error {
	if id == "" || id == "." || id == ".." {
		return fmt.Errorf("clarify: %s: invalid id %q", what, id)
	}
	return nil
}
