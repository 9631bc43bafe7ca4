package clarify

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/jsonscan"
)

// quick decodes what the API usually writes. What it does not take is left to
// encoding/json, which then decides what it is or what is wrong with it.
var quick = jsonscan.NewDecoder(
	jsonscan.ReadWith((*Person).read),
	jsonscan.ReadWith((*Company).read),
	jsonscan.ReadWith((*Deal).read),
	jsonscan.ReadWith((*Meeting).read),
	jsonscan.ReadWith((*Task).read),
	jsonscan.ReadWith((*Name).read),
	jsonscan.ReadWith((*Participant).read),
	jsonscan.ReadWith((*Collection).read),
	jsonscan.ReadWith((*Relationships).read),
	jsonscan.ReadWith(func(v *gen.Attributes, s *jsonscan.Scanner) { readMembers((*map[string]any)(v), s) }),
	jsonscan.ReadWith(func(v *gen.RichTextBlock, s *jsonscan.Scanner) { readMembers((*map[string]any)(v), s) }),
	jsonscan.ReadWith(readTime),
	jsonscan.ReadWith((*pageLinks).read),
	jsonscan.ReadWith((*pageMeta).read),
	jsonscan.ReadWith(readPageMeta),
)

func readMembers(v *map[string]any, s *jsonscan.Scanner) {
	if !s.Null() {
		*v = s.Members()
	}
}

func readTime(v *gen.Time, s *jsonscan.Scanner) {
	if s.Null() {
		return
	}
	if text := s.Bytes(); text != nil && v.UnmarshalText(text) != nil {
		s.GiveUp()
	}
}

// readPageMeta leaves what does not fit unset, as a page can be used without it.
func readPageMeta(v *gen.ResourcePageMeta, s *jsonscan.Scanner) {
	if raw := s.Raw(); raw != nil && v.UnmarshalJSON(raw) != nil {
		*v = gen.ResourcePageMeta{}
	}
}

// readRecord reads a response that holds one record.
func readRecord[T any](operation string, rsp *http.Response) (*Record[T], error) {
	record := &Record[T]{}
	err := readBytes(rsp, func(s *jsonscan.Scanner) { scanDocument(s, record) }, func(body []byte) error {
		*record = Record[T]{}
		return decodeDocument(body, record)
	})
	if err != nil {
		return nil, responseError(operation, rsp, err)
	}
	release(rsp)
	return record, nil
}

var (
	documentMembers = []string{"data", "included"}
	recordMembers   = []string{"type", "id", "attributes", "relationships"}
)

// scanDocument reads a document with one record. As the other functions that
// take a scanner it gives up at what decodeDocument has an error for.
func scanDocument[T any](s *jsonscan.Scanner, record *Record[T]) {
	var seen uint
	var included []Record[json.RawMessage]
	for more := s.Object(); more; more = s.NextMember() {
		switch s.Which(documentMembers, &seen) {
		case 0:
			scanRecord(s, record, readerOf[T]())
		case 1:
			included = scanRecords[json.RawMessage](s)
		default:
			s.Skip()
		}
	}
	if record.ID == "" {
		s.GiveUp()
	}
	record.Included = included
}

// scanRecords reads a list of records, nil if there is none.
func scanRecords[T any](s *jsonscan.Scanner) []Record[T] {
	if s.Null() {
		return nil
	}
	read := readerOf[T]()
	records := []Record[T]{}
	for more := s.Array(); more; more = s.NextElement() {
		if len(records) == cap(records) {
			records = append(records, Record[T]{})[:len(records)]
		}
		records = records[:len(records)+1]
		left := s.Left()
		scanRecord(s, &records[len(records)-1], read)
		if len(records) == 1 {
			// The others are about as long.
			records = slices.Grow(records, min(maxPageSize, s.Left()/max(1, left-s.Left())+1))
		}
	}
	return records
}

// scannable is attributes that read themselves, of a type of which there is one for
// each T.
type scannable interface{ scan(*jsonscan.Scanner) }

// readerOf returns how attributes are read.
func readerOf[T any]() jsonscan.Func {
	if _, ok := any((*T)(nil)).(scannable); ok {
		return func(s *jsonscan.Scanner, v reflect.Value) { v.Addr().Interface().(scannable).scan(s) }
	}
	return quick.For(reflect.TypeFor[T]())
}

// scanRecord reads a record.
func scanRecord[T any](s *jsonscan.Scanner, record *Record[T], read jsonscan.Func) {
	var seen uint
	for more := s.Object(); more; more = s.NextMember() {
		switch i := s.Which(recordMembers, &seen); {
		case i >= 0 && s.Null():
		case i == 0:
			record.Type = s.Text()
		case i == 1:
			record.ID = s.Text()
		case i == 2:
			read(s, reflect.ValueOf(&record.Attributes).Elem())
		case i == 3:
			record.Relationships.read(s)
		default:
			s.Skip()
		}
	}
	if record.ID == "" {
		s.GiveUp()
	}
}

// decodeDocument decodes what scanDocument does not take.
func decodeDocument[T any](body []byte, record *Record[T]) error {
	var document struct {
		Data     *wireRecord[T] `json:"data"`
		Included included       `json:"included"`
	}
	err := unmarshal(body, &document)
	if err != nil {
		return err
	}
	if document.Data == nil {
		return errNoData
	}
	if document.Data.ID.value == "" {
		return errors.New("data has no id")
	}
	*record = document.Data.record()
	record.Included = document.Included
	return nil
}

// wireRecord is a record as it is received. What the client can work without may be
// absent or odd.
type wireRecord[T any] struct {
	Type          optional[string]        `json:"type"`
	ID            optional[string]        `json:"id"`
	Attributes    *T                      `json:"attributes"`
	Relationships optional[Relationships] `json:"relationships"`
}

func (w *wireRecord[T]) record() Record[T] {
	r := Record[T]{Type: w.Type.value, ID: w.ID.value, Relationships: w.Relationships.value}
	if w.Attributes != nil {
		r.Attributes = *w.Attributes
	}
	return r
}

// optional is a value that is left unset if what was received is another kind of
// value.
type optional[T any] struct{ value T }

func (o *optional[T]) UnmarshalJSON(b []byte) error {
	var value T
	if unmarshal(b, &value) == nil {
		o.value = value
	}
	return nil
}

// included are the records that came along with others. Without those that have no
// id the others can be used.
type included []Record[json.RawMessage]

func (all *included) UnmarshalJSON(b []byte) error {
	var received optional[[]optional[wireRecord[json.RawMessage]]]
	_ = received.UnmarshalJSON(b)
	if received.value == nil {
		return nil
	}
	*all = make(included, 0, len(received.value))
	for _, one := range received.value {
		if one.value.ID.value != "" {
			*all = append(*all, one.value.record())
		}
	}
	return nil
}

var errNoData = errors.New("it has no data")

// readBytes reads the body of a response and closes it. First scan has a go at it,
// and what it does not take is left to decode.
func readBytes(rsp *http.Response, scan func(*jsonscan.Scanner), decode func([]byte) error) error {
	defer rsp.Body.Close()
	held, ok := rsp.Body.(*heldBody)
	if !ok {
		b, err := io.ReadAll(rsp.Body)
		if err != nil {
			return err
		}
		held = &heldBody{bytes: b}
	}
	taken, lent := jsonscan.Scan(held.bytes, scan)
	if held.spare = taken && !lent; !taken {
		return decode(held.bytes)
	}
	return nil
}

// readAnswer decodes the body of a response into v, a pointer to a zero value.
func readResponse(rsp *http.Response, v any) error {
	return readBytes(rsp, func(s *jsonscan.Scanner) { quick.Read(s, v) }, func(body []byte) error {
		reflect.ValueOf(v).Elem().SetZero()
		return unmarshal(body, v)
	})
}

// decode reads one JSON value into v, a pointer to a zero value. Numbers for which
// the type is open become json.Number.
func decode(b []byte, v any) error {
	if quick.Decode(b, v) {
		return nil
	}
	reflect.ValueOf(v).Elem().SetZero()
	return unmarshal(b, v)
}

// encode writes a JSON value, as encodeJSON does.
func encode(v any) ([]byte, error) {
	switch own := v.(type) {
	case Person, Company, Deal, Meeting, Task:
		// What these write need not be checked and compacted.
		return own.(json.Marshaler).MarshalJSON()
	}
	return encodeJSON(v)
}
