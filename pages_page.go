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

// readPage reads a response that holds a page of records.
func readPage[T any](rsp *http.Response) (*Page[T], envelope, error) {
	page, links, meta := &Page[T]{}, pageLinks{}, pageMeta{}
	err := readBytes(rsp, func(s *jsonscan.Scanner) { scanPage(s, page, &links, &meta) }, func(body []byte) error {
		*page, links, meta = Page[T]{}, pageLinks{}, pageMeta{}
		return decodePage(body, page, &links, &meta)
	})
	if err != nil {
		return nil, envelope{}, err
	}
	ids := newFingerprint()
	for i := range page.Records {
		ids.add(page.Records[i].ID)
	}
	return page, newEnvelope(len(page.Records), ids, links, meta), nil
}

var pageMembers = jsonscan.NewNames(jsonscan.FoldedGivesUp, "data", "included", "links", "meta")

// scanPage reads a document with a page of records.
func scanPage[T any](s *jsonscan.Scanner, page *Page[T], links *pageLinks, meta *pageMeta) {
	c := pageMembers.Cursor(s)
	for more := s.Object(); more; more = s.NextMember() {
		switch c.Next() {
		case 0:
			page.Records = scanRecords[T](s)
		case 1:
			page.Included = scanRecords[json.RawMessage](s)
		case 2:
			quick.Read(s, links)
		case 3:
			start := s.Mark()
			quick.Read(s, meta)
			s.Return(start)
			quick.Read(s, &page.Meta)
		default:
			s.Skip()
		}
	}
	if page.Records == nil {
		s.GiveUp()
	}
}

// decodePage decodes what scanPage does not take.
func decodePage[T any](body []byte, page *Page[T], links *pageLinks, meta *pageMeta) error {
	var document struct {
		Data     []wireRecord[T] `json:"data"`
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
		if page.Meta.UnmarshalJSON(document.Meta) != nil {
			page.Meta = gen.ResourcePageMeta{}
		}
	}
	page.Included = document.Included
	page.Records = make([]Record[T], len(document.Data))
	for i := range document.Data {
		if document.Data[i].ID.value == "" {
			return fmt.Errorf("data[%d] has no id", i)
		}
		page.Records[i] = document.Data[i].record()
	}
	return nil
}
