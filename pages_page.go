package clarify

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/jsonscan"
)

// Page is a page of records.
type Page[T any] struct {
	// Records are the page's records, in the requested order.
	Records []Record[T]
	// Included are the related records that [Include] asked for, each once. They
	// are of any object: [As] gives them a type.
	Included []Record[json.RawMessage]
	// Meta says how large the collection is, as far as the API tells.
	Meta gen.ResourcePageMeta
}

// recordPage is a page of records, whatever the type of their attributes.
type recordPage struct {
	recordList
	from, to int // the records of the list that the page has
	facts    facts
	included []Record[json.RawMessage]
	meta     gen.ResourcePageMeta
}

func (p *recordPage) cut(n int) { p.to = p.from + n }

func (p *recordPage) id(i int) string { return *p.at(i).id }

// typedPage returns a page of records with attributes of type T.
func typedPage[T any](p *recordPage) *Page[T] {
	return &Page[T]{Records: recordsOf[T](p), Included: p.included, Meta: p.meta}
}

func recordsOf[T any](p *recordPage) []Record[T] {
	return p.recordList.(*typedList[T]).records[p.from:p.to:p.to]
}

// readPage reads a response that holds a page of records. newFacts may be nil.
func readPage(rsp *http.Response, newList func() recordList, newFacts func() facts) (*recordPage, envelope, error) {
	page, links, meta := &recordPage{}, pageLinks{}, pageMeta{}
	reset := func() {
		*page, links, meta = recordPage{recordList: newList()}, pageLinks{}, pageMeta{}
		if newFacts != nil {
			page.facts = newFacts()
		}
	}
	reset()
	err := readBytes(rsp, func(s *jsonscan.Scanner) { scanPage(s, page, &links, &meta) }, func(body []byte) error {
		reset()
		return decodePage(body, page, &links, &meta)
	})
	if err != nil {
		return nil, envelope{}, err
	}
	ids := newFingerprint()
	for i := range page.to {
		ids.add(page.id(i))
	}
	return page, newEnvelope(page.to, ids, links, meta), nil
}

var pageMembers = jsonscan.NewNames(jsonscan.FoldedGivesUp, "data", "included", "links", "meta")

// scanPage reads a document with a page of records.
func scanPage(s *jsonscan.Scanner, page *recordPage, links *pageLinks, meta *pageMeta) {
	page.to = -1
	c := pageMembers.Cursor(s)
	for more := s.Object(); more; more = s.NextMember() {
		switch c.Next() {
		case 0:
			page.to = scanRecords(s, page.recordList, page.facts)
		case 1:
			page.included = scanIncluded(s)
		case 2:
			quick.Read(s, links)
		case 3:
			start := s.Mark()
			quick.Read(s, meta)
			s.Return(start)
			quick.Read(s, &page.meta)
		default:
			s.Skip()
		}
	}
	if page.to < 0 {
		s.GiveUp()
	}
}

// decodePage decodes what scanPage does not take.
func decodePage(body []byte, page *recordPage, links *pageLinks, meta *pageMeta) error {
	var document struct {
		Data     []wireRecord    `json:"data"`
		Included included        `json:"included"`
		Links    pageLinks       `json:"links"`
		Meta     json.RawMessage `json:"meta"`
	}
	err := unmarshal(body, &document)
	if err != nil {
		return err
	}
	if document.Data == nil {
		return errNoData
	}
	*links = document.Links
	if document.Meta != nil {
		_ = meta.UnmarshalJSON(document.Meta)
		if page.meta.UnmarshalJSON(document.Meta) != nil {
			page.meta = gen.ResourcePageMeta{}
		}
	}
	page.included = document.Included
	page.to = len(document.Data)
	for i := range document.Data {
		if document.Data[i].ID.value == "" {
			return fmt.Errorf("data[%d] has no id", i)
		}
		if err := document.Data[i].decode(page.add(len(document.Data)), page.facts); err != nil {
			return fmt.Errorf("data[%d]: %w", i, err)
		}
	}
	return nil
}
