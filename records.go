package clarify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"

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

// Create creates a record and returns it as it is then. It takes [MatchOn],
// which makes it update a record that exists, and [Silent].
//
// Attributes must be an object in JSON. The id and names that begin with _ are
// the system's to set: attributes that have them are refused here. In a struct
// of yours omitempty or omitzero keeps them out.
//
// A value that collides with another record's in a unique field is an error that
// matches [ErrInvalid]. If no response tells whether the record was created, the
// error matches [ErrOutcomeUnknown]; with MatchOn the request is repeated first.
func (r *Records[T]) Create(ctx context.Context, attributes T, opts ...WriteOption) (*Record[T], error) {
	w, err := readWriting(opts, r.silent)
	if err != nil {
		return nil, err
	}
	if len(w.strategies) > 0 {
		return nil, fmt.Errorf("clarify: %s is for Update, not for Create", w.strategies[0].option)
	}
	a, err := encodeNew(attributes, w.matchOn)
	if err != nil {
		return nil, err
	}
	body, err := encode(writeBody{Data: entryBody{Type: r.object, Attributes: a.json}, MatchOn: w.matchOn})
	if err != nil {
		return nil, fmt.Errorf("clarify: the attributes cannot be encoded: %w", err)
	}
	rsp, err := r.client.CreateRecordWithBody(ctx, r.object, &gen.CreateRecordParams{Silent: silence(w.silent)}, jsonType, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return readRecord[T]("createRecord", rsp)
}

const jsonType = "application/json"

// Update changes a record and returns it as it is then. Changes are what to
// change and nothing else: [Fields], where nil sends null, or a struct whose
// fields have omitempty or omitzero, as those of [Person] and the other built-in
// types do. It takes [Silent], and [Append], [Remove], [Replace] and [Merge],
// which say how a field combines with what it holds; without one the API
// decides.
//
// Changes that are empty, that are no object in JSON, or that have an id or a
// name that begins with _ are an error, and nothing is sent.
//
// Records of custom objects, whose names begin with c_, are updated by
// updateRecords, as updateRecord is reported to fail on them.
func (r *Records[T]) Update(ctx context.Context, id string, changes any, opts ...WriteOption) (*Record[T], error) {
	w, err := readWriting(opts, r.silent)
	if err != nil {
		return nil, err
	}
	if w.matchOn != "" {
		return nil, errors.New("clarify: MatchOn is for Create; Update takes the id")
	}
	a, meta, err := encodeChanges(changes, w)
	if err != nil {
		return nil, err
	}
	entry := entryBody{Type: r.object, ID: id, Attributes: a.json}
	if strings.HasPrefix(r.object, "c_") {
		return r.updateInBulk(ctx, entry, meta, w.silent)
	}
	body, err := encode(writeBody{Data: entry, Meta: meta})
	if err != nil {
		return nil, fmt.Errorf("clarify: the changes cannot be encoded: %w", err)
	}
	rsp, err := r.client.UpdateRecordWithBody(ctx, r.object, id, &gen.UpdateRecordParams{Silent: silence(w.silent)}, jsonType, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return readRecord[T]("updateRecord", rsp)
}

func (r *Records[T]) updateInBulk(ctx context.Context, entry entryBody, meta map[string]map[string]string, silent bool) (*Record[T], error) {
	const operation = "updateRecords"
	if err := checkID("the id", entry.ID); err != nil {
		return nil, err
	}
	body, err := encode(writeBody{Data: []entryBody{entry}, Meta: meta})
	if err != nil {
		return nil, fmt.Errorf("clarify: the changes cannot be encoded: %w", err)
	}
	rsp, err := r.client.UpdateRecordsWithBody(ctx, r.object, &gen.UpdateRecordsParams{Silent: silence(silent)}, jsonType, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	page, _, err := readPage[T](rsp)
	if err != nil {
		return nil, responseError(operation, rsp, err)
	}
	i := slices.IndexFunc(page.Records, func(record Record[T]) bool { return record.ID == entry.ID })
	if i < 0 {
		return nil, responseError(operation, rsp, errors.New("it does not have the record that was updated"))
	}
	return &page.Records[i], nil
}

// deleteBatch is how many records one request deletes. The vendor advises it for
// bulk requests.
const deleteBatch = 100

// Delete deletes records. Deleted records stay listed by [Records.Deleted] for 30
// days.
//
// One record is deleted by deleteRecord, more by deleteRecords, 100 at a time in
// the order of ids; an id that occurs twice counts once. If a request fails after
// others have succeeded, the error is a [DeleteError] that says which records are
// deleted. Whether the API deletes one batch as a whole or not at all, it does
// not say.
//
// A record that is not there is an error that matches [ErrNotFound], but not if
// the request was repeated because no response came to an earlier attempt, which
// may have deleted it: then it is gone as it should be.
func (r *Records[T]) Delete(ctx context.Context, ids ...string) error {
	if len(ids) == 1 {
		return r.deleteOne(ctx, ids[0])
	}
	if err := checkIDs("ids", ids); err != nil {
		return err
	}
	ids = distinctIDs(ids)
	for done := 0; done < len(ids); done += deleteBatch {
		batch := ids[done:min(done+deleteBatch, len(ids))]
		if err := r.deleteMany(ctx, batch); err != nil {
			if len(ids) <= deleteBatch {
				return err
			}
			return &DeleteError{Deleted: ids[:done], Remaining: ids[done:], Err: err}
		}
	}
	return nil
}

func distinctIDs(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	var distinct []string
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			distinct = append(distinct, id)
		}
	}
	return distinct
}

func (r *Records[T]) deleteOne(ctx context.Context, id string) error {
	rsp, err := r.client.DeleteRecord(ctx, r.object, id, &gen.DeleteRecordParams{Silent: silence(r.silent)})
	if goneBefore(err) {
		return nil
	}
	return finish(rsp, err)
}

func (r *Records[T]) deleteMany(ctx context.Context, ids []string) error {
	body, err := encode(gen.DeleteRecordsRequest{Items: ids})
	if err != nil {
		return fmt.Errorf("clarify: the ids cannot be encoded: %w", err)
	}
	rsp, err := r.client.DeleteRecordsWithBody(ctx, r.object, &gen.DeleteRecordsParams{Silent: silence(r.silent)}, jsonType, bytes.NewReader(body))
	if !goneBefore(err) {
		return finish(rsp, err)
	}
	// One that is missing refuses them all, and an earlier attempt may have
	// deleted them all. One by one it does not matter which.
	for _, id := range ids {
		again := r.deleteOne(ctx, id)
		if again == nil || errors.Is(again, ErrNotFound) {
			continue
		}
		var e *Error
		if !errors.As(again, &e) {
			errors.As(err, &e)
		}
		return e.doubtful()
	}
	return nil
}

// goneBefore reports whether a deletion found nothing after an attempt whose
// outcome is not known.
func goneBefore(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.foundGone()
}

// finish ends a call whose response says no more than that it succeeded.
func finish(rsp *http.Response, err error) error {
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, rsp.Body)
	return rsp.Body.Close()
}

// DeleteError is a deletion of many records that ended early.
type DeleteError struct {
	// Deleted are the ids of the records that are deleted.
	Deleted []string
	// Remaining are the other ids, in the order in which they were to be deleted.
	// The first 100 of them were in the request that failed: some may be gone.
	Remaining []string
	// Err is what went wrong.
	Err error
}

// Error says how far the deletion got and what went wrong.
func (e *DeleteError) Error() string {
	return fmt.Sprintf("clarify: %d of %d records are deleted, then: %v", len(e.Deleted), len(e.Deleted)+len(e.Remaining), e.Err)
}

// Unwrap returns what went wrong.
func (e *DeleteError) Unwrap() error { return e.Err }

// Merge merges records of the object into the one with the id, and they cease to
// exist. The API returns nothing more, so [Records.Get] tells what became of it.
func (r *Records[T]) Merge(ctx context.Context, id string, sources ...string) error {
	if err := checkIDs("sources", sources); err != nil {
		return err
	}
	if slices.Contains(sources, id) {
		return fmt.Errorf("clarify: the sources have the id %q itself: a record cannot be merged into itself", id)
	}
	rsp, err := r.client.MergeRecords(ctx, r.object, id, &gen.MergeRecordsParams{Silent: silence(r.silent)}, gen.MergeRecordsRequest{
		Data: gen.RecordMerge{Type: r.object, Attributes: gen.RecordMergeAttributes{Sources: sources}},
	})
	return finish(rsp, err)
}

// Link links records to a record by one of its to-many relationships, such as
// "deals". In a one-to-many relationship the API adds them to those that are
// linked; in a many-to-many one they take the place of all that are. A to-one
// relationship is set with [Records.Update], by its id field.
func (r *Records[T]) Link(ctx context.Context, id, relationship string, refs ...Ref) error {
	body, err := relationshipBody(refs)
	if err != nil {
		return err
	}
	params := &gen.UpdateRecordRelationshipParams{Silent: silence(r.silent)}
	return finish(r.client.UpdateRecordRelationshipWithBody(ctx, r.object, id, relationship, params, jsonType, bytes.NewReader(body)))
}

// Unlink takes records out of one of a record's to-many relationships. The
// records themselves stay.
func (r *Records[T]) Unlink(ctx context.Context, id, relationship string, refs ...Ref) error {
	body, err := relationshipBody(refs)
	if err != nil {
		return err
	}
	params := &gen.DeleteRecordRelationshipParams{Silent: silence(r.silent)}
	return finish(r.client.DeleteRecordRelationshipWithBody(ctx, r.object, id, relationship, params, jsonType, bytes.NewReader(body)))
}

func relationshipBody(refs []Ref) ([]byte, error) {
	ids := make([]string, len(refs))
	for i, ref := range refs {
		if ids[i] = ref.ID; ref.Type == "" {
			return nil, fmt.Errorf("clarify: refs[%d] has no type; it is the object of the record, such as deal", i)
		}
	}
	if err := checkIDs("refs", ids); err != nil {
		return nil, err
	}
	return encode(struct {
		Data []Ref `json:"data"`
	}{refs})
}

var relatedListing = &listing{operation: "getRecordRelationships", sort: true, include: true}

// Related reads the records that a record is linked to by one of its
// relationships. They are of another object, so they come as they were sent;
// [As] gives them a type:
//
//	for r, err := range people.Related(ctx, id, "deals") {
//		…
//		deal, err := clarify.As[clarify.Deal](r)
//	}
//
// It takes [OrderBy], [Include], [PageSize], [Limit], [Offset] and
// [Concurrency], and is otherwise as [Records.All].
func (r *Records[T]) Related(ctx context.Context, id, relationship string, opts ...QueryOption) iter.Seq2[Record[json.RawMessage], error] {
	return records(ctx, recordPages[json.RawMessage](ctx, r.client, relatedListing, func(ctx context.Context, editors ...gen.RequestEditorFn) (*http.Response, error) {
		return r.client.GetRecordRelationships(ctx, r.object, id, relationship, nil, editors...)
	}, opts))
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
