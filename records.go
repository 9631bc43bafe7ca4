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
// Its methods return an [Error] for whatever goes wrong with a request. Other
// errors are about arguments, and nothing was sent then. An id that is empty, "."
// or ".." is such an error.
//
// It is safe for concurrent use and costs nothing to make.
type Records[T any] struct {
	client *Client
	object string
	silent bool
}

// NewRecords returns the records of an object, such as "person" or "c_vehicle",
// with attributes of type T.
func NewRecords[T any](c *Client, object string) *Records[T] {
	return &Records[T]{client: c, object: object}
}

// Silent returns the same records, whose changes the app and Slack do not
// announce.
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
// [Concurrency] and [Stable]. The records are read in pages, the next of which is
// fetched while one is in use, with Concurrency several of them. An error ends
// the iteration, as does the end of ctx, with its error. Leaving the loop cancels
// the requests that may be on their way.
//
// The next page is where links.next leads, over https also if the link has http
// (docs/live-api.md, L1). A link to another host, path or port is an error. After
// a page without a link the next one is requested by its offset, as long as
// meta.total_records or a full page says that there is more. If fewer records come
// than the total says, that is an error, after all that there are.
//
// The API's pages are cut by position. If records are added or removed during
// the iteration, some may come twice or not at all, unless it is Stable. A page of
// the same records as the one before is an error.
func (r *Records[T]) All(ctx context.Context, opts ...QueryOption) iter.Seq2[Record[T], error] {
	return records(ctx, r.Pages(ctx, opts...))
}

// Pages reads what [Records.All] does, page by page, with the related records
// that [Include] asked for. It holds two pages at most, with Concurrency(n) the
// one in use and 2n.
func (r *Records[T]) Pages(ctx context.Context, opts ...QueryOption) iter.Seq2[*Page[T], error] {
	return recordPages[T](ctx, r.client, resourcesListing, func(ctx context.Context, editors ...gen.RequestEditorFn) (*http.Response, error) {
		return r.client.GetResources(ctx, r.object, nil, editors...)
	}, opts)
}

var resourceListing = &listing{operation: "getResource", include: true, paging: pagingNone}

// Get reads one record. It takes [Include], whose records are in
// [Record.Included]. If there is no such record, the error matches [ErrNotFound].
func (r *Records[T]) Get(ctx context.Context, id string, opts ...QueryOption) (*Record[T], error) {
	q, params, err := resourceListing.readQuery(opts)
	if err != nil {
		return nil, err
	}
	if q.limit != nil {
		return nil, resourceListing.lacks("Limit")
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
		return nil, err
	}
	return readRecord[T]("getResource", rsp)
}

var listResourcesListing = &listing{operation: "getListResources", filter: filterRecords, sort: true, include: true, stable: true}

// InList reads the records in a list of the object. It takes the options of
// [Records.All], and is otherwise as that.
func (r *Records[T]) InList(ctx context.Context, list string, opts ...QueryOption) iter.Seq2[Record[T], error] {
	return records(ctx, r.InListPages(ctx, list, opts...))
}

// InListPages reads what [Records.InList] does, page by page, as [Records.Pages].
func (r *Records[T]) InListPages(ctx context.Context, list string, opts ...QueryOption) iter.Seq2[*Page[T], error] {
	return recordPages[T](ctx, r.client, listResourcesListing, func(ctx context.Context, editors ...gen.RequestEditorFn) (*http.Response, error) {
		return r.client.GetListResources(ctx, r.object, list, nil, editors...)
	}, opts)
}

var deletedListing = &listing{operation: "getDeletedResources", filter: filterDeletions}

// Deleted reads the records of the object that were deleted in the last 30 days,
// with their attributes as they were and _deleted_at beside them, which the
// built-in types have as DeletedAt.
//
// It takes [PageSize], [Limit], [Offset], [Concurrency], and [Where] for the
// field _deleted_at alone, whose values are a [time.Time] or seconds since 1970.
// It is otherwise as [Records.All].
func (r *Records[T]) Deleted(ctx context.Context, opts ...QueryOption) iter.Seq2[Record[T], error] {
	return records(ctx, recordPages[T](ctx, r.client, deletedListing, func(ctx context.Context, editors ...gen.RequestEditorFn) (*http.Response, error) {
		return r.client.GetDeletedResources(ctx, r.object, nil, editors...)
	}, opts))
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
