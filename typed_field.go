package clarify

import "encoding/json"

// TextField is a text field, [KindText].
type TextField struct {
	TextFilter
	Sortable
	Setter[string]
	Clearable
}

// NewTextField returns the field with a name.
func NewTextField(name string) TextField {
	return TextField{TextFilter(name), Sortable(name), Setter[string](name), Clearable(name)}
}

// UniqueTextField is a text field, [KindText], that is unique.
type UniqueTextField struct {
	TextFilter
	Sortable
	Setter[string]
	Clearable
	Unique
}

// NewUniqueTextField returns the field with a name.
func NewUniqueTextField(name string) UniqueTextField {
	return UniqueTextField{TextFilter(name), Sortable(name), Setter[string](name), Clearable(name), Unique(name)}
}

// NumberField is a number field, [KindNumber].
type NumberField[N Number] struct {
	NumberFilter[N]
	Sortable
	Setter[N]
	Clearable
}

// NewNumberField returns the field with a name.
func NewNumberField[N Number](name string) NumberField[N] {
	return NumberField[N]{NumberFilter[N](name), Sortable(name), Setter[N](name), Clearable(name)}
}

// Exact returns the field with values of the type [json.Number], for numbers that N
// cannot hold.
func (f NumberField[N]) Exact() NumberField[json.Number] {
	return NewNumberField[json.Number](string(f.NumberFilter))
}

// CheckboxField is a checkbox, [KindCheckbox].
type CheckboxField struct {
	CheckboxFilter
	Sortable
	Setter[bool]
	Clearable
}

// NewCheckboxField returns the field with a name.
func NewCheckboxField(name string) CheckboxField {
	return CheckboxField{CheckboxFilter(name), Sortable(name), Setter[bool](name), Clearable(name)}
}

// DateField is a date field, [KindDate] or [KindDateTime].
type DateField[D DateOrTime] struct {
	DateFilter[D]
	Sortable
	Setter[D]
	Clearable
}

// NewDateField returns the field with a name.
func NewDateField[D DateOrTime](name string) DateField[D] {
	return DateField[D]{DateFilter[D](name), Sortable(name), Setter[D](name), Clearable(name)}
}

// SelectField is a select, [KindSelect], with options of the type O.
type SelectField[O ~string] struct {
	SelectFilter[O]
	Sortable
	Setter[O]
	Clearable
}

// NewSelectField returns the field with a name.
func NewSelectField[O ~string](name string) SelectField[O] {
	return SelectField[O]{SelectFilter[O](name), Sortable(name), Setter[O](name), Clearable(name)}
}

// MultiSelectField is a multi select, [KindMultiSelect], with options of the type O.
type MultiSelectField[O ~string] struct {
	MultiSelectFilter[O]
	CollectionSetter[O]
	Clearable
}

// NewMultiSelectField returns the field with a name.
func NewMultiSelectField[O ~string](name string) MultiSelectField[O] {
	return MultiSelectField[O]{MultiSelectFilter[O](name), CollectionSetter[O](name), Clearable(name)}
}

// CollectionField is a collection, [KindCollection], with items of the type E.
type CollectionField[E any] struct {
	CollectionFilter
	CollectionSetter[E]
	Clearable
}

// NewCollectionField returns the field with a name.
func NewCollectionField[E any](name string) CollectionField[E] {
	return CollectionField[E]{CollectionFilter(name), CollectionSetter[E](name), Clearable(name)}
}

// UniqueCollectionField is a collection, [KindCollection], with items of the type E, that is unique.
type UniqueCollectionField[E any] struct {
	CollectionFilter
	CollectionSetter[E]
	Clearable
	Unique
}

// NewUniqueCollectionField returns the field with a name.
func NewUniqueCollectionField[E any](name string) UniqueCollectionField[E] {
	return UniqueCollectionField[E]{CollectionFilter(name), CollectionSetter[E](name), Clearable(name), Unique(name)}
}

// IDField is a field with an id that is not a relationship of the schema, such as that of a user.
type IDField[ID ~string] struct {
	IDFilter[ID]
	IDSetter[ID]
	Clearable
}

// NewIDField returns the field with a name.
func NewIDField[ID ~string](name string) IDField[ID] {
	return IDField[ID]{IDFilter[ID](name), IDSetter[ID](name), Clearable(name)}
}

// LinkField is a link to a record, [KindToOne], with ids of the type ID.
type LinkField[ID ~string] struct {
	IDFilter[ID]
	Includable
	IDSetter[ID]
	Clearable
}

// NewLinkField returns the field with a name.
func NewLinkField[ID ~string](name string) LinkField[ID] {
	return LinkField[ID]{IDFilter[ID](name), Includable(name), IDSetter[ID](name), Clearable(name)}
}

// ObjectField is a field with an object such as a location, [KindObject], with values of the type V.
type ObjectField[V any] struct {
	ObjectFilter
	ObjectSetter[V]
	Clearable
}

// NewObjectField returns the field with a name.
func NewObjectField[V any](name string) ObjectField[V] {
	return ObjectField[V]{ObjectFilter(name), ObjectSetter[V](name), Clearable(name)}
}

// NameField is the name of a person, [KindName].
type NameField struct {
	Sortable
	ObjectSetter[Name]
	Clearable
}

// NewNameField returns the field with a name.
func NewNameField(name string) NameField {
	return NameField{Sortable(name), ObjectSetter[Name](name), Clearable(name)}
}

// RichTextField is rich text, [KindRichText].
type RichTextField struct {
	RichTextSetter
	Clearable
}

// NewRichTextField returns the field with a name.
func NewRichTextField(name string) RichTextField {
	return RichTextField{RichTextSetter(name), Clearable(name)}
}

// ArrayField is an array, [KindArray], with elements of the type E.
type ArrayField[E any] struct {
	ArraySetter[E]
	Clearable
}

// NewArrayField returns the field with a name.
func NewArrayField[E any](name string) ArrayField[E] {
	return ArrayField[E]{ArraySetter[E](name), Clearable(name)}
}

// ValueField is a field of a kind that the contract has no operators for, such as [KindUnknown], with values of the type V.
type ValueField[V any] struct {
	Setter[V]
	Clearable
}

// NewValueField returns the field with a name.
func NewValueField[V any](name string) ValueField[V] {
	return ValueField[V]{Setter[V](name), Clearable(name)}
}

// ToManyField is a relationship with several records, [KindToMany]. [Records.Link] sets
// it, and [Records.Related] reads it.
type ToManyField struct {
	Includable
}

// NewToManyField returns the field with a name.
func NewToManyField(name string) ToManyField {
	return ToManyField{Includable(name)}
}
