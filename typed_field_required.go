package clarify

import "encoding/json"

// RequiredTextField is a text field, [KindText], that can be set but not cleared.
type RequiredTextField struct {
	TextFilter
	Sortable
	Setter[string]
}

// NewRequiredTextField returns the field with a name.
func NewRequiredTextField(name string) RequiredTextField {
	return RequiredTextField{TextFilter(name), Sortable(name), Setter[string](name)}
}

// RequiredNumberField is a number field, [KindNumber], that can be set but not cleared.
type RequiredNumberField[N Number] struct {
	NumberFilter[N]
	Sortable
	Setter[N]
}

// NewRequiredNumberField returns the field with a name.
func NewRequiredNumberField[N Number](name string) RequiredNumberField[N] {
	return RequiredNumberField[N]{NumberFilter[N](name), Sortable(name), Setter[N](name)}
}

// Exact returns the field with values of the type [json.Number], for numbers that N
// cannot hold.
func (f RequiredNumberField[N]) Exact() RequiredNumberField[json.Number] {
	return NewRequiredNumberField[json.Number](string(f.NumberFilter))
}

// RequiredCheckboxField is a checkbox, [KindCheckbox], that can be set but not cleared.
type RequiredCheckboxField struct {
	CheckboxFilter
	Sortable
	Setter[bool]
}

// NewRequiredCheckboxField returns the field with a name.
func NewRequiredCheckboxField(name string) RequiredCheckboxField {
	return RequiredCheckboxField{CheckboxFilter(name), Sortable(name), Setter[bool](name)}
}

// RequiredDateField is a date field, [KindDate] or [KindDateTime], that can be set but not cleared.
type RequiredDateField[D DateOrTime] struct {
	DateFilter[D]
	Sortable
	Setter[D]
}

// NewRequiredDateField returns the field with a name.
func NewRequiredDateField[D DateOrTime](name string) RequiredDateField[D] {
	return RequiredDateField[D]{DateFilter[D](name), Sortable(name), Setter[D](name)}
}

// RequiredSelectField is a select, [KindSelect], with options of the type O, that can be set but not cleared.
type RequiredSelectField[O ~string] struct {
	SelectFilter[O]
	Sortable
	Setter[O]
}

// NewRequiredSelectField returns the field with a name.
func NewRequiredSelectField[O ~string](name string) RequiredSelectField[O] {
	return RequiredSelectField[O]{SelectFilter[O](name), Sortable(name), Setter[O](name)}
}

// RequiredMultiSelectField is a multi select, [KindMultiSelect], with options of the type O, that can be set but not cleared.
type RequiredMultiSelectField[O ~string] struct {
	MultiSelectFilter[O]
	CollectionSetter[O]
}

// NewRequiredMultiSelectField returns the field with a name.
func NewRequiredMultiSelectField[O ~string](name string) RequiredMultiSelectField[O] {
	return RequiredMultiSelectField[O]{MultiSelectFilter[O](name), CollectionSetter[O](name)}
}

// RequiredCollectionField is a collection, [KindCollection], with items of the type E, that can be set but not cleared.
type RequiredCollectionField[E any] struct {
	CollectionFilter
	CollectionSetter[E]
}

// NewRequiredCollectionField returns the field with a name.
func NewRequiredCollectionField[E any](name string) RequiredCollectionField[E] {
	return RequiredCollectionField[E]{CollectionFilter(name), CollectionSetter[E](name)}
}

// RequiredIDField is a field with an id that is not a relationship of the schema, such as that of a user, that can be set but not cleared.
type RequiredIDField[ID ~string] struct {
	IDFilter[ID]
	IDSetter[ID]
}

// NewRequiredIDField returns the field with a name.
func NewRequiredIDField[ID ~string](name string) RequiredIDField[ID] {
	return RequiredIDField[ID]{IDFilter[ID](name), IDSetter[ID](name)}
}

// RequiredLinkField is a link to a record, [KindToOne], with ids of the type ID, that can be set but not cleared.
type RequiredLinkField[ID ~string] struct {
	IDFilter[ID]
	Includable
	IDSetter[ID]
}

// NewRequiredLinkField returns the field with a name.
func NewRequiredLinkField[ID ~string](name string) RequiredLinkField[ID] {
	return RequiredLinkField[ID]{IDFilter[ID](name), Includable(name), IDSetter[ID](name)}
}

// RequiredObjectField is a field with an object such as a location, [KindObject], with values of the type V, that can be set but not cleared.
type RequiredObjectField[V any] struct {
	ObjectFilter
	ObjectSetter[V]
}

// NewRequiredObjectField returns the field with a name.
func NewRequiredObjectField[V any](name string) RequiredObjectField[V] {
	return RequiredObjectField[V]{ObjectFilter(name), ObjectSetter[V](name)}
}

// RequiredNameField is the name of a person, [KindName], that can be set but not cleared.
type RequiredNameField struct {
	Sortable
	ObjectSetter[Name]
}

// NewRequiredNameField returns the field with a name.
func NewRequiredNameField(name string) RequiredNameField {
	return RequiredNameField{Sortable(name), ObjectSetter[Name](name)}
}

// RequiredRichTextField is rich text, [KindRichText], that can be set but not cleared.
type RequiredRichTextField struct {
	RichTextSetter
}

// NewRequiredRichTextField returns the field with a name.
func NewRequiredRichTextField(name string) RequiredRichTextField {
	return RequiredRichTextField{RichTextSetter(name)}
}

// RequiredArrayField is an array, [KindArray], with elements of the type E, that can be set but not cleared.
type RequiredArrayField[E any] struct {
	ArraySetter[E]
}

// NewRequiredArrayField returns the field with a name.
func NewRequiredArrayField[E any](name string) RequiredArrayField[E] {
	return RequiredArrayField[E]{ArraySetter[E](name)}
}

// RequiredValueField is a field of a kind that the contract has no operators for, such as [KindUnknown], with values of the type V, that can be set but not cleared.
type RequiredValueField[V any] struct {
	Setter[V]
}

// NewRequiredValueField returns the field with a name.
func NewRequiredValueField[V any](name string) RequiredValueField[V] {
	return RequiredValueField[V]{Setter[V](name)}
}
