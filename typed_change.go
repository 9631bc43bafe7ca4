package clarify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// FieldChange is a change of one field. The methods of fields make it, such as
// [Setter.To], [Clearable.Clear] and [CollectionSetter.Append], and [Set] takes it.
type FieldChange struct {
	field  string
	value  json.RawMessage
	option string // Append, Remove, Replace or Merge, or empty
	err    error
}

// Changes are changes of some fields of a record, as [Set] makes them.
type Changes struct{ fields []FieldChange }

// Set returns changes of exactly these fields, for [Records.Update] and for
// [Change.Changes]:
//
//	deals.Update(ctx, id, clarify.Set(
//		clarify.DealFields.Stage.To("Won"),
//		clarify.DealFields.Amount.Clear(),
//		clarify.DealFields.Labels.Append("renewal"),
//	))
//
// [Append], [Remove], [Replace] and [Merge] are part of the changes, so the options of
// the same names are not needed. They can be given for other fields.
//
// The call that the changes are passed to returns an error and sends nothing if there
// are none, if two of them are of the same field, or if one is invalid.
func Set(changes ...FieldChange) Changes { return Changes{slices.Clone(changes)} }

// changesIn returns the changes that a value is, nil if it is none.
func changesIn(value any) *Changes {
	switch v := value.(type) {
	case Changes:
		return &v
	case *Changes:
		return v
	}
	return nil
}

// MarshalJSON encodes the changes as attributes, in their order. What Append, Remove,
// Replace and Merge say is not among the attributes: only [Records.Update] and
// [Records.BulkUpdate] send it. Changes that are invalid are an error.
func (c Changes) MarshalJSON() ([]byte, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	b := []byte{'{'}
	for i, change := range c.fields {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, jsonString(change.field)...)
		b = append(b, ':')
		b = append(b, change.value...)
	}
	return append(b, '}'), nil
}

// check returns an error if the changes are invalid.
func (c Changes) check() error {
	if len(c.fields) == 0 {
		return errors.New("Set: there is no change")
	}
	seen := make(map[string]bool, len(c.fields))
	for i, change := range c.fields {
		switch {
		case change.field == "":
			return fmt.Errorf("Set: change %d has no field: the methods of a field make changes, such as DealFields.Stage.To", i)
		case change.err != nil:
			return fmt.Errorf("Set: field %q: %w", change.field, change.err)
		case seen[change.field]:
			return fmt.Errorf("Set: field %q has two changes", change.field)
		}
		seen[change.field] = true
	}
	return nil
}

// combined returns how the fields combine with their present values.
func (c Changes) combined() []strategy {
	var all []strategy
	for _, change := range c.fields {
		if change.option != "" {
			all = append(all, strategy{change.option, strings.ToLower(change.option), change.field})
		}
	}
	return all
}

// changeTo returns the change of a field to a value.
func changeTo(field string, value any) FieldChange {
	c := FieldChange{field: field}
	switch v := value.(type) {
	case time.Time:
		switch {
		case v.IsZero():
			c.err = errors.New("the time is zero")
		case !hasRFC3339(v):
			c.err = fmt.Errorf("invalid year %d: must be 0 to 9999", v.UTC().Year())
		default:
			value = v.UTC().Format(timestamp)
		}
	case json.Number:
		_, c.err = plainNumber(string(v))
	}
	if c.err == nil {
		c.value, c.err = encode(value)
	}
	if c.err == nil && bytes.Equal(c.value, []byte("null")) {
		c.err = errors.New("the value is null in JSON; use Clear to clear a field")
	}
	return c
}

// changeBy returns a change that is combined with the present value of the field.
func changeBy(option, field string, value any) FieldChange {
	c := changeTo(field, value)
	c.option = option
	return c
}

// changeItems is changeBy for some items, of which there must be at least one.
func changeItems[E any](option, field string, items []E, value any) FieldChange {
	if len(items) == 0 {
		return FieldChange{field: field, err: fmt.Errorf("%s has no item", option)}
	}
	return changeBy(option, field, value)
}

// itemsValue is the value of a collection.
type itemsValue[E any] struct {
	Items []E `json:"items"`
}

func collectionOf[E any](items []E) itemsValue[E] { return itemsValue[E]{notNil(items)} }

// notNil returns a list that is not null in JSON.
func notNil[E any](items []E) []E {
	if items == nil {
		return []E{}
	}
	return items
}
