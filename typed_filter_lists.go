package clarify

// SelectFilter is the name of a select, [KindSelect], that conditions can be on. O is
// the type of its options. [Where] says how a field of a linked record is named.
type SelectFilter[O ~string] string

// Is selects records whose field has the option.
func (f SelectFilter[O]) Is(option O) QueryOption { return Where(string(f), Is, string(option)) }

// IsNot selects records whose field does not have the option.
func (f SelectFilter[O]) IsNot(option O) QueryOption { return Where(string(f), IsNot, string(option)) }

// OneOf selects records whose field has one of the options. There must be one or more,
// without commas.
func (f SelectFilter[O]) OneOf(options ...O) QueryOption {
	return Where(string(f), OneOf, stringsFrom(options))
}

// NotOneOf selects records whose field has none of the options. There must be one or
// more, without commas.
func (f SelectFilter[O]) NotOneOf(options ...O) QueryOption {
	return Where(string(f), NotOneOf, stringsFrom(options))
}

// IsEmpty selects records whose field has no option.
func (f SelectFilter[O]) IsEmpty() QueryOption { return Where(string(f), IsEmpty) }

// IsNotEmpty selects records whose field has an option.
func (f SelectFilter[O]) IsNotEmpty() QueryOption { return Where(string(f), IsNotEmpty) }

func stringsFrom[S ~string](list []S) []string {
	all := make([]string, len(list))
	for i, s := range list {
		all[i] = string(s)
	}
	return all
}

// MultiSelectFilter is the name of a multi select, [KindMultiSelect], that conditions
// can be on. O is the type of its options. [Where] says how a field of a linked record
// is named.
type MultiSelectFilter[O ~string] string

// Contains selects records whose field has the option.
func (f MultiSelectFilter[O]) Contains(option O) QueryOption {
	return Where(string(f), Contains, string(option))
}

// DoesNotContain selects records whose field does not have the option.
func (f MultiSelectFilter[O]) DoesNotContain(option O) QueryOption {
	return Where(string(f), DoesNotContain, string(option))
}

// IsEmpty selects records whose field has no option.
func (f MultiSelectFilter[O]) IsEmpty() QueryOption { return Where(string(f), IsEmpty) }

// IsNotEmpty selects records whose field has an option.
func (f MultiSelectFilter[O]) IsNotEmpty() QueryOption { return Where(string(f), IsNotEmpty) }

// CollectionFilter is the name of a collection, [KindCollection], that conditions can
// be on. [Where] says how a field of a linked record is named.
type CollectionFilter string

// Contains selects records whose field has an item that contains part.
func (f CollectionFilter) Contains(part string) QueryOption {
	return Where(string(f), Contains, part)
}

// DoesNotContain selects records whose field has no item that contains part.
func (f CollectionFilter) DoesNotContain(part string) QueryOption {
	return Where(string(f), DoesNotContain, part)
}

// IsEmpty selects records whose field has no item.
func (f CollectionFilter) IsEmpty() QueryOption { return Where(string(f), IsEmpty) }

// IsNotEmpty selects records whose field has an item.
func (f CollectionFilter) IsNotEmpty() QueryOption { return Where(string(f), IsNotEmpty) }

// IDFilter is the name of a field with an id, [KindID] or [KindToOne], that conditions
// can be on. ID is the type of the ids. [Where] says how a field of a linked record is
// named.
type IDFilter[ID ~string] string

// Is selects records whose field is id.
func (f IDFilter[ID]) Is(id ID) QueryOption { return Where(string(f), Is, string(id)) }

// IsNot selects records whose field is not id.
func (f IDFilter[ID]) IsNot(id ID) QueryOption { return Where(string(f), IsNot, string(id)) }

// IsEmpty selects records whose field has no id.
func (f IDFilter[ID]) IsEmpty() QueryOption { return Where(string(f), IsEmpty) }

// IsNotEmpty selects records whose field has an id.
func (f IDFilter[ID]) IsNotEmpty() QueryOption { return Where(string(f), IsNotEmpty) }

// ObjectFilter is the name of a field with an object such as a location, [KindObject],
// that conditions can be on. [Where] says how a field of a linked record is named.
type ObjectFilter string

// Contains selects records whose field contains part.
func (f ObjectFilter) Contains(part string) QueryOption { return Where(string(f), Contains, part) }

// DoesNotContain selects records whose field does not contain part.
func (f ObjectFilter) DoesNotContain(part string) QueryOption {
	return Where(string(f), DoesNotContain, part)
}
