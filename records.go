package clarify

import (
	"context"
	"iter"
	"net/http"

	"github.com/clarify-go/clarify/gen"
)

// Records reads and writes the records of one object, with attributes of type T;
// see [Record] for what T may be. Make it with [NewRecords], [People],
// [Companies], [Deals], [Meetings] or [Tasks].
//
// Its methods return an [Error] if a request fails. Other errors are about invalid
// arguments, for which nothing is sent. An id that is empty, "." or ".." is invalid.
//
// It is safe for concurrent use and cheap to make.
type Records[T any] struct{ records }

// records are the records of an object, whatever the type of their attributes.
type records struct {
	client  *Client
	object  string
	silent  bool
	newList func() recordList
}

// NewRecords returns the records of an object, such as "person" or "c_vehicle",
// with attributes of type T.
func NewRecords[T any](c *Client, object string) *Records[T] {
	return &Records[T]{records{client: c, object: object, newList: newTypedList[T]}}
}

// Silent returns a copy of r whose changes the app and Slack do not announce.
func (r *Records[T]) Silent() *Records[T] {
	silent := *r
	silent.silent = true
	return &silent
}

var resourcesListing = &listing{operation: "getResources", filter: filterRecords, sort: true, include: true, stable: true}

// All reads the records of the object one by one:
//
//	for person, err := range people.All(ctx, clarify.Where("job_title", clarify.Is, "Engineer")) {
//		if err != nil {
//			return err
//		}
//		…
//	}
//
// It takes [Where], [OrderBy], [Include], [PageSize], [Limit], [Offset],
// [Concurrency] and [Stable]. The records are read in pages. While one is in use, the
// next one is fetched, or several with Concurrency. An error ends the iteration, and so
// does the end of ctx, with its error. Leaving the loop cancels the requests in flight.
//
// The next page is where links.next leads, over https even if the link says http
// (docs/live-api.md, L1). A link to another host, path or port is an error. After a
// page without a link, the next one is requested by its offset if meta.total_records
// or a full page suggests that there is more. If the API returns fewer records than
// the total says, the iteration ends with an error.
//
// The API divides pages by position. If records are added or removed during the
// iteration, some may be read twice or not at all, unless it is Stable. A page with the
// same records as the previous one is an error.
func (r *Records[T]) All(ctx context.Context, opts ...QueryOption) iter.Seq2[Record[T], error] {
	return typedRecords[T](ctx, r.all(), opts)
}

// Pages reads the same as [Records.All], page by page, with the related records that
// [Include] asks for. It holds at most two pages, or with Concurrency(n) 2n besides the
// one in use.
func (r *Records[T]) Pages(ctx context.Context, opts ...QueryOption) iter.Seq2[*Page[T], error] {
	return typedPages[T](ctx, r.all(), opts)
}

// reader returns the reader of an operation.
func (r *records) reader(l *listing, send sender) *recordReader {
	return &recordReader{client: r.client, listing: l, send: send, newList: r.newList, newFacts: newStampsList}
}

func (r *records) all() *recordReader {
	return r.reader(resourcesListing, func(ctx context.Context, editors ...gen.RequestEditorFn) (*http.Response, error) {
		return r.client.GetResources(ctx, r.object, nil, editors...)
	})
}

var resourceListing = &listing{operation: "getResource", include: true, paging: pagingNone}

// Get reads one record. It takes [Include], whose records are in
// [Record.Included]. If there is no such record, the error matches [ErrNotFound].
func (r *Records[T]) Get(ctx context.Context, id string, opts ...QueryOption) (*Record[T], error) {
	return typedRecord[T](r.get(ctx, id, opts))
}

func (r *records) get(ctx context.Context, id string, opts []QueryOption) (recordAt, error) {
	q, params, err := resourceListing.readQuery(opts)
	if err != nil {
		return recordAt{}, err
	}
	if q.limit != nil {
		return recordAt{}, resourceListing.lacks("Limit")
	}
	var editors []gen.RequestEditorFn
	if len(params) > 0 {
		editors = []gen.RequestEditorFn{func(_ context.Context, req *http.Request) error {
			req.URL.RawQuery = params.encode()
			return nil
		}}
	}
	rsp, err := r.client.GetResource(ctx, r.object, id, nil, editors...)
	if err != nil {
		return recordAt{}, err
	}
	return readRecord("getResource", rsp, r.newList)
}

var listResourcesListing = &listing{operation: "getListResources", filter: filterRecords, sort: true, include: true, stable: true}

// InList reads the records in a list of the object. It takes the same options as
// [Records.All], and works like it.
func (r *Records[T]) InList(ctx context.Context, list string, opts ...QueryOption) iter.Seq2[Record[T], error] {
	return typedRecords[T](ctx, r.inList(list), opts)
}

// InListPages reads the same as [Records.InList], page by page like [Records.Pages].
func (r *Records[T]) InListPages(ctx context.Context, list string, opts ...QueryOption) iter.Seq2[*Page[T], error] {
	return typedPages[T](ctx, r.inList(list), opts)
}

func (r *records) inList(list string) *recordReader {
	return r.reader(listResourcesListing, func(ctx context.Context, editors ...gen.RequestEditorFn) (*http.Response, error) {
		return r.client.GetListResources(ctx, r.object, list, nil, editors...)
	})
}

var deletedListing = &listing{operation: "getDeletedResources", filter: filterDeletions}

// Deleted reads the records of the object that were deleted in the last 30 days,
// with their last attributes and _deleted_at, which is DeletedAt in the built-in
// types.
//
// It takes [PageSize], [Limit], [Offset], [Concurrency], and [Where] for the
// field _deleted_at only, with a [time.Time] or seconds since 1970. Otherwise it works
// like [Records.All].
func (r *Records[T]) Deleted(ctx context.Context, opts ...QueryOption) iter.Seq2[Record[T], error] {
	return typedRecords[T](ctx, r.deletions(), opts)
}

func (r *records) deletions() *recordReader {
	return r.reader(deletedListing, func(ctx context.Context, editors ...gen.RequestEditorFn) (*http.Response, error) {
		return r.client.GetDeletedResources(ctx, r.object, nil, editors...)
	})
}

// People returns the records of the object person.
func People(c *Client) *Records[Person] { return NewRecords[Person](c, "person") }

// Companies returns the records of the object company.
func Companies(c *Client) *Records[Company] { return NewRecords[Company](c, "company") }

// Deals returns the records of the object deal.
func Deals(c *Client) *Records[Deal] { return NewRecords[Deal](c, "deal") }

// Meetings returns the records of the object meeting.
func Meetings(c *Client) *Records[Meeting] { return NewRecords[Meeting](c, "meeting") }

// Tasks returns the records of the object task.
func Tasks(c *Client) *Records[Task] { return NewRecords[Task](c, "task") }
