package clarify

// ReadOnlyTextField is a text field, [KindText], that only the system sets.
type ReadOnlyTextField struct {
	TextFilter
	Sortable
}

// NewReadOnlyTextField returns the field with a name.
func NewReadOnlyTextField(name string) ReadOnlyTextField {
	return ReadOnlyTextField{TextFilter(name), Sortable(name)}
}

// ReadOnlyNumberField is a number field, [KindNumber], that only the system sets.
type ReadOnlyNumberField[N Number] struct {
	NumberFilter[N]
	Sortable
}

// NewReadOnlyNumberField returns the field with a name.
func NewReadOnlyNumberField[N Number](name string) ReadOnlyNumberField[N] {
	return ReadOnlyNumberField[N]{NumberFilter[N](name), Sortable(name)}
}

// ReadOnlyCheckboxField is a checkbox, [KindCheckbox], that only the system sets.
type ReadOnlyCheckboxField struct {
	CheckboxFilter
	Sortable
}

// NewReadOnlyCheckboxField returns the field with a name.
func NewReadOnlyCheckboxField(name string) ReadOnlyCheckboxField {
	return ReadOnlyCheckboxField{CheckboxFilter(name), Sortable(name)}
}

// ReadOnlyDateField is a date field, [KindDate] or [KindDateTime], that only the system sets.
type ReadOnlyDateField[D DateOrTime] struct {
	DateFilter[D]
	Sortable
}

// NewReadOnlyDateField returns the field with a name.
func NewReadOnlyDateField[D DateOrTime](name string) ReadOnlyDateField[D] {
	return ReadOnlyDateField[D]{DateFilter[D](name), Sortable(name)}
}

// ReadOnlySelectField is a select, [KindSelect], with options of the type O, that only the system sets.
type ReadOnlySelectField[O ~string] struct {
	SelectFilter[O]
	Sortable
}

// NewReadOnlySelectField returns the field with a name.
func NewReadOnlySelectField[O ~string](name string) ReadOnlySelectField[O] {
	return ReadOnlySelectField[O]{SelectFilter[O](name), Sortable(name)}
}

// ReadOnlyLinkField is a link to a record, [KindToOne], with ids of the type ID, that only the system sets.
type ReadOnlyLinkField[ID ~string] struct {
	IDFilter[ID]
	Includable
}

// NewReadOnlyLinkField returns the field with a name.
func NewReadOnlyLinkField[ID ~string](name string) ReadOnlyLinkField[ID] {
	return ReadOnlyLinkField[ID]{IDFilter[ID](name), Includable(name)}
}

// ReadOnlyNameField is the name of a person, [KindName], that only the system sets.
type ReadOnlyNameField struct {
	Sortable
}

// NewReadOnlyNameField returns the field with a name.
func NewReadOnlyNameField(name string) ReadOnlyNameField {
	return ReadOnlyNameField{Sortable(name)}
}
