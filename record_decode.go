package clarify

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"slices"

	"github.com/clarify-go/clarify/internal/jsonscan"
)

// readRecord reads a response with one record.
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
	documentMembers = jsonscan.NewNames(jsonscan.FoldedGivesUp, "data", "included")
	recordMembers   = jsonscan.NewNames(jsonscan.FoldedGivesUp, "type", "id", "attributes", "relationships")
)

// scanDocument reads a document with one record. Like the other functions with a
// scanner, it gives up at what decodeDocument returns an error for.
func scanDocument[T any](s *jsonscan.Scanner, record *Record[T]) {
	var included []Record[json.RawMessage]
	c := documentMembers.Cursor(s)
	for more := s.Object(); more; more = s.NextMember() {
		switch c.Next() {
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

// scannable is implemented by attributes of a generic type, which quick cannot list.
type scannable interface{ scan(*jsonscan.Scanner) }

// readerOf returns how attributes are read.
func readerOf[T any]() func(*jsonscan.Scanner, *T) {
	var attributes any = (*T)(nil)
	if _, ok := attributes.(scannable); ok {
		return func(s *jsonscan.Scanner, v *T) { any(v).(scannable).scan(s) }
	}
	if isTyped(reflect.TypeFor[T]()) {
		l := layoutOf(reflect.TypeFor[*T]())
		return func(s *jsonscan.Scanner, v *T) { l.read(s, any(v).(TypedAttributes)) }
	}
	read := quick.For(reflect.TypeFor[T]())
	return func(s *jsonscan.Scanner, v *T) { read(s, reflect.ValueOf(v).Elem()) }
}

// scanRecord reads a record.
func scanRecord[T any](s *jsonscan.Scanner, record *Record[T], read func(*jsonscan.Scanner, *T)) {
	s.Share()
	c := recordMembers.Cursor(s)
	for more := s.Object(); more; more = s.NextMember() {
		switch i := c.Next(); {
		case i >= 0 && s.Null():
		case i == 0:
			record.Type = s.Keep(s.Bytes())
		case i == 1:
			record.ID = s.Text()
		case i == 2:
			read(s, &record.Attributes)
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

// decodeDocument decodes what scanDocument gives up at.
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

// wireRecord is a record in a response. What the client can do without may be missing
// or of another type.
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

// included are the related records of a response. Those without an id are skipped.
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
