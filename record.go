package clarify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
)

// Record is a record of an object. T holds its attributes and may be
//
//   - one of the built-in types [Person], [Company], [Deal], [Meeting], [Task];
//   - a struct of yours with json tags, of which a record's other attributes are
//     left out;
//   - map[string]any or [Fields], where numbers are json.Number and keep their
//     digits;
//   - json.RawMessage, the attributes as they came.
//
// As JSON it is what the API answers for a record, but for members beside these;
// the generated client keeps them.
type Record[T any] struct {
	// Type is the object of the record, such as person.
	Type string `json:"type"`
	// ID is the id of the record.
	ID string `json:"id"`
	// Attributes are the values of the record's fields.
	Attributes T `json:"attributes"`
	// Relationships are the records that it is linked to, by the name of the
	// relationship. It is nil if the API did not say.
	Relationships Relationships `json:"relationships,omitzero"`
	// Included are the related records that [Include] asked for, in what
	// [Records.Get] returns. Those of a page are in [Page.Included].
	Included []Record[json.RawMessage] `json:"included,omitempty"`
}

// As returns a record with its attributes decoded into T, for one that came as
// it was sent: those in [Page.Included] and [Record.Included], and those of
// [Records.Related]. It is an error if the attributes do not fit T.
func As[T any](r Record[json.RawMessage]) (*Record[T], error) {
	typed := &Record[T]{Type: r.Type, ID: r.ID, Relationships: r.Relationships, Included: r.Included}
	if err := decode(r.Attributes, &typed.Attributes); err != nil {
		return nil, fmt.Errorf("clarify: the attributes of %s %s do not fit: %w", r.Type, r.ID, err)
	}
	return typed, nil
}

// Ref names a record of any object.
type Ref struct {
	Type string `json:"type"` // the object, such as company
	ID   string `json:"id"`
}

// Relationships are the relationships of a record, by name.
type Relationships map[string]Relationship

// One returns the record that a to-one relationship leads to. It reports false
// if the relationship leads to none, is a to-many one, or is not there.
func (r Relationships) One(name string) (Ref, bool) {
	refs, many := r[name].read()
	if many || len(refs) == 0 {
		return Ref{}, false
	}
	return refs[0], true
}

// Many returns the records that a relationship leads to, nil if there are none.
// The API may answer a part of them only: [Records.Related] lists them all.
func (r Relationships) Many(name string) []Ref {
	refs, _ := r[name].read()
	return refs
}

// Relationship is one relationship of a record. It keeps what the API answered
// and encodes to that again.
type Relationship struct {
	raw json.RawMessage
}

// Count returns how many records are linked, if the API said so.
func (r Relationship) Count() (n int, ok bool) {
	var document struct {
		Meta struct {
			Count *int `json:"count"`
		} `json:"meta"`
	}
	if json.Unmarshal(r.raw, &document) != nil || document.Meta.Count == nil {
		return 0, false
	}
	return *document.Meta.Count, true
}

// String returns the relationship as JSON.
func (r Relationship) String() string {
	if r.raw == nil {
		return `{"data":null}`
	}
	return string(r.raw)
}

// MarshalJSON returns what the API answered.
func (r Relationship) MarshalJSON() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalJSON keeps a relationship. It is an error if it is not an object whose
// data is null, a record's type and id, or a list of them.
func (r *Relationship) UnmarshalJSON(b []byte) error {
	r.raw = slices.Clone(b)
	_, _, err := r.parse()
	return err
}

func (r Relationship) read() (refs []Ref, many bool) {
	refs, many, _ = r.parse()
	return refs, many
}

func (r Relationship) parse() (refs []Ref, many bool, err error) {
	if r.raw == nil {
		return nil, false, nil
	}
	var document struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(r.raw, &document); err != nil {
		return nil, false, fmt.Errorf("a relationship is not an object: %w", err)
	}
	switch data := document.Data; {
	case len(data) == 0 || data[0] == 'n':
	case data[0] == '[':
		many = true
		err = json.Unmarshal(data, &refs)
	default:
		refs = make([]Ref, 1)
		err = json.Unmarshal(data, &refs[0])
	}
	if err != nil {
		return nil, many, fmt.Errorf("the data of a relationship is not a type and id: %w", err)
	}
	return refs, many, nil
}

// wireRecord is a record as it is answered. Its attributes are a pointer so that
// a record without any is not taken for one.
type wireRecord[T any] struct {
	Type          string        `json:"type"`
	ID            string        `json:"id"`
	Attributes    *T            `json:"attributes"`
	Relationships Relationships `json:"relationships"`
}

func (w *wireRecord[T]) record() (Record[T], error) {
	switch {
	case w.ID == "":
		return Record[T]{}, errors.New("a record has no id")
	case w.Type == "":
		return Record[T]{}, fmt.Errorf("the record %s has no type", w.ID)
	case w.Attributes == nil:
		return Record[T]{}, fmt.Errorf("the record %s has no attributes", w.ID)
	}
	return Record[T]{Type: w.Type, ID: w.ID, Attributes: *w.Attributes, Relationships: w.Relationships}, nil
}

func readRecords[T any](wire []wireRecord[T]) ([]Record[T], error) {
	records := make([]Record[T], len(wire))
	for i := range wire {
		var err error
		if records[i], err = wire[i].record(); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// readRecord reads an answer that holds one record.
func readRecord[T any](operation string, rsp *http.Response) (*Record[T], error) {
	var document struct {
		Data     *wireRecord[T]                `json:"data"`
		Included []wireRecord[json.RawMessage] `json:"included"`
	}
	if err := readAnswer(rsp, &document); err != nil {
		return nil, answerError(operation, rsp, err)
	}
	if document.Data == nil {
		return nil, answerError(operation, rsp, errNoData)
	}
	record, err := document.Data.record()
	if err == nil && document.Included != nil {
		record.Included, err = readRecords(document.Included)
	}
	if err != nil {
		return nil, answerError(operation, rsp, err)
	}
	return &record, nil
}

var errNoData = errors.New("it has no data")

// readAnswer decodes the body of an answer.
func readAnswer(rsp *http.Response, v any) error {
	defer rsp.Body.Close()
	if held, ok := rsp.Body.(*heldBody); ok {
		return decode(held.bytes, v)
	}
	b, err := io.ReadAll(rsp.Body)
	if err != nil {
		return err
	}
	return decode(b, v)
}

// decode reads one JSON value. Numbers for which v leaves the type open become
// json.Number.
func decode(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		if errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		}
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON value")
	}
	return nil
}

// encode writes a JSON value, without the escapes that only HTML needs.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
