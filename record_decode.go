package clarify

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"

	"github.com/clarify-go/clarify/internal/jsonscan"
)

// readRecord reads a response with one record.
func readRecord(operation string, rsp *http.Response, newList func() recordList) (recordAt, error) {
	list := newList()
	err := readBytes(rsp, func(s *jsonscan.Scanner) { scanDocument(s, list) }, func(body []byte) error {
		list = newList()
		return decodeDocument(body, list)
	})
	if err != nil {
		return recordAt{}, responseError(operation, rsp, err)
	}
	release(rsp)
	return recordAt{list, 0}, nil
}

var (
	documentMembers = jsonscan.NewNames(jsonscan.FoldedGivesUp, "data", "included")
	recordMembers   = jsonscan.NewNames(jsonscan.FoldedGivesUp, "type", "id", "attributes", "relationships")
)

// scanDocument reads a document with one record into an empty list. Like the other
// functions with a scanner, it gives up at what decodeDocument returns an error for.
func scanDocument(s *jsonscan.Scanner, list recordList) {
	record := list.add(1)
	c := documentMembers.Cursor(s)
	for more := s.Object(); more; more = s.NextMember() {
		switch c.Next() {
		case 0:
			scanRecord(s, record, attributesReader(record.attributes), nil)
		case 1:
			*record.included = scanIncluded(s)
		default:
			s.Skip()
		}
	}
	if *record.id == "" {
		s.GiveUp()
	}
}

// scanRecords reads a list of records into an empty one, and returns how many there are,
// -1 if there is no list. f may be nil.
func scanRecords(s *jsonscan.Scanner, list recordList, f facts) int {
	if s.Null() {
		return -1
	}
	var read func(*jsonscan.Scanner, any)
	n, room := 0, 1
	for more := s.Array(); more; more = s.NextElement() {
		record := list.add(room)
		if n++; n == 1 {
			read = attributesReader(record.attributes)
		}
		left := s.Left()
		scanRecord(s, record, read, f)
		// The others are about as long.
		room = min(maxPageSize, s.Left()/max(1, left-s.Left())+1)
	}
	return n
}

// scanIncluded reads a list of records, nil if there is none.
func scanIncluded(s *jsonscan.Scanner) []Record[json.RawMessage] {
	list := typedList[json.RawMessage]{}
	if scanRecords(s, &list, nil) == 0 {
		return []Record[json.RawMessage]{}
	}
	return list.records
}

// attributesReader returns the function that reads attributes of the type of these, a
// pointer.
func attributesReader(attributes any) func(*jsonscan.Scanner, any) {
	pointer := reflect.TypeOf(attributes)
	if isTyped(pointer.Elem()) {
		l := layoutOf(pointer)
		return func(s *jsonscan.Scanner, v any) { l.read(s, v.(TypedAttributes)) }
	}
	read := quick.For(pointer.Elem())
	return func(s *jsonscan.Scanner, v any) { read(s, reflect.ValueOf(v).Elem()) }
}

// scanRecord reads a record, and its facts unless f is nil.
func scanRecord(s *jsonscan.Scanner, record recordParts, read func(*jsonscan.Scanner, any), f facts) {
	if f != nil {
		f.add()
	}
	s.Share()
	c := recordMembers.Cursor(s)
	for more := s.Object(); more; more = s.NextMember() {
		switch i := c.Next(); {
		case i >= 0 && s.Null():
		case i == 0:
			*record.object = s.Keep(s.Bytes())
		case i == 1:
			*record.id = s.Text()
		case i == 2:
			if f != nil {
				start := s.Mark()
				f.scan(s)
				s.Return(start)
			}
			read(s, record.attributes)
		case i == 3:
			record.relationships.read(s)
		default:
			s.Skip()
		}
	}
	if *record.id == "" {
		s.GiveUp()
	}
}

// decodeDocument decodes what scanDocument gives up at.
func decodeDocument(body []byte, list recordList) error {
	var document struct {
		Data     *wireRecord `json:"data"`
		Included included    `json:"included"`
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
	record := list.add(1)
	*record.included = document.Included
	return document.Data.decode(record, nil)
}

// wireRecord is a record in a response. What the client can do without may be missing
// or of another type.
type wireRecord struct {
	Type          optional[string]        `json:"type"`
	ID            optional[string]        `json:"id"`
	Attributes    json.RawMessage         `json:"attributes"`
	Relationships optional[Relationships] `json:"relationships"`
}

// decode sets a record, and its facts unless f is nil.
func (w *wireRecord) decode(record recordParts, f facts) error {
	*record.object, *record.id, *record.relationships = w.Type.value, w.ID.value, w.Relationships.value
	if f != nil {
		f.add()
	}
	if w.Attributes == nil || string(w.Attributes) == "null" {
		return nil
	}
	if f != nil {
		if err := f.read(w.Attributes); err != nil {
			return err
		}
	}
	return unmarshal(w.Attributes, record.attributes)
}

// included are the related records of a response. Those without an id are skipped.
type included []Record[json.RawMessage]

func (all *included) UnmarshalJSON(b []byte) error {
	var received optional[[]optional[wireRecord]]
	_ = received.UnmarshalJSON(b)
	if received.value == nil {
		return nil
	}
	list := typedList[json.RawMessage]{records: make([]Record[json.RawMessage], 0, len(received.value))}
	for _, one := range received.value {
		if one.value.ID.value != "" {
			if err := one.value.decode(list.add(1), nil); err != nil {
				return err
			}
		}
	}
	*all = list.records
	return nil
}
