package clarify

import "fmt"

// Check checks the attributes of a new record against the schema, and returns what the
// API would reject, nil if nothing. The attributes are what [Records.Create] takes.
//
// The error is an [Error] that matches [ErrInvalid] and has an item in Errors for each
// problem, with the Pointer and Status that the API would respond with. Its StatusCode is
// 0, because nothing was sent. Attributes that are no JSON object are another error.
//
// These are problems:
//
//   - an attribute that is no field, and a member that the schema of a name or of an
//     item, such as a participant, does not have;
//   - a field that cannot be written: a read-only one, or a relationship to several
//     records, which [Records.Link] sets;
//   - a value of another type, such as a list where a collection has to be {"items": […]};
//   - a string that is no option, no date, no time, no email address or no hostname;
//   - a number that is not whole where it must be, or with more than 12 digits before
//     the point or 4 after it;
//   - a required field without a value.
//
// What the schema leaves open is accepted, as is what the sources do not say: strings of
// other formats, null in most fields, blocks of rich text of any type. So attributes that
// pass can still be rejected, for example because another record has the same value of
// a unique field, or no record has the id of a link.
//
// It is safe for concurrent use.
func (o *ObjectSchema) Check(attributes any) error {
	return o.check("attributes", attributes, &writing{})
}

// CheckChanges is [ObjectSchema.Check] for changes, which are what [Records.Update]
// takes. They need not have the required fields, and items that [Changes] remove may be
// bad.
func (o *ObjectSchema) CheckChanges(changes any) error {
	w := &writing{}
	if c := changesIn(changes); c != nil {
		w.strategies = c.combined()
	}
	return o.check("changes", changes, w)
}

func (o *ObjectSchema) check(what string, value any, w *writing) error {
	b, err := encodeMembers(what, value)
	if err != nil {
		return err
	}
	w.check = &recordCheck{o.compiled(), "/data/attributes"}
	return w.checkEncoded(what, b)
}

// compiled returns the checker of the object.
func (o *ObjectSchema) compiled() *objectChecker {
	if o.checker != nil {
		return o.checker
	}
	return newObjectChecker(o, len(o.Fields) == 0)
}

// errorOf returns an error with the problems of attributes or changes.
func (o *objectChecker) errorOf(what string, problems []ErrorObject) error {
	if len(problems) == 0 {
		return nil
	}
	return &Error{Errors: problems, unsent: fmt.Sprintf("invalid %s of %s", what, o.name)}
}

// CheckedBy has attributes and changes checked against the schema before anything is
// sent, as [ObjectSchema.Check] and [ObjectSchema.CheckChanges] do. It is for
// [Records.Create], [Records.Update], [Records.Import] and [Records.BulkUpdate].
//
// In an import or a bulk update an input with a problem is [Refused] without being sent,
// so the API does not reject the others of its batch. To find one bad input of a batch by
// sending takes several requests.
//
// With [MatchOn] no field is required, because the record may exist. Of a field that
// [Remove] removes items from, only the form is checked.
//
// The schema is of the time when it was read: [Client.Schema] reads it. One that lacks
// the object is an error. If fields or options were added since then, read it again.
func CheckedBy(schema *Schema) WriteOption {
	return func(w *writing) {
		if schema == nil {
			w.fail("CheckedBy: the schema is nil")
		}
		w.checkedBy = schema
	}
}

// recordCheck is how a call checks records before it sends them.
type recordCheck struct {
	*objectChecker
	base string // the pointer to the attributes
}

// checkRecords prepares the check of records of an object that CheckedBy asks for, if it
// was given. at is the pointer to the record in the body of a request.
func (w *writing) checkRecords(object, at string) error {
	if w.checkedBy == nil {
		return nil
	}
	o, ok := w.checkedBy.Object(object)
	if !ok {
		return fmt.Errorf("clarify: CheckedBy: the schema has no object %q", object)
	}
	w.check = &recordCheck{o.compiled(), at + "/attributes"}
	return nil
}

// checkEncoded checks encoded attributes or changes.
func (w *writing) checkEncoded(what string, encoded []byte) error {
	if w.check == nil {
		return nil
	}
	problems := w.check.problems(encoded, w.check.base, what == "attributes" && w.matchOn == "")
	return w.check.errorOf(what, w.withoutRemoved(problems))
}
