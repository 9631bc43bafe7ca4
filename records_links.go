package clarify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"

	"github.com/clarify-go/clarify/gen"
)

// Link links records to a record by one of its to-many relationships, such as
// "deals". In a one-to-many relationship the API adds them to the linked records; in a
// many-to-many one they replace all linked records. To set a to-one relationship,
// update its id field with [Records.Update].
func (r *Records[T]) Link(ctx context.Context, id, relationship string, refs ...Ref) error {
	return r.link(ctx, id, relationship, refs)
}

func (r *records) link(ctx context.Context, id, relationship string, refs []Ref) error {
	body, err := relationshipBody(refs)
	if err != nil {
		return err
	}
	params := &gen.UpdateRecordRelationshipParams{Silent: silence(r.silent)}
	return finish(r.client.UpdateRecordRelationshipWithBody(ctx, r.object, id, relationship, params, jsonType, bytes.NewReader(body)))
}

// Unlink removes records from one of a record's to-many relationships. The records
// themselves stay.
func (r *Records[T]) Unlink(ctx context.Context, id, relationship string, refs ...Ref) error {
	return r.unlink(ctx, id, relationship, refs)
}

func (r *records) unlink(ctx context.Context, id, relationship string, refs []Ref) error {
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
			return nil, fmt.Errorf("clarify: refs[%d] has no type: must be the object of the record, such as deal", i)
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
// relationships. They are of another object, so their attributes are not decoded;
// [As] gives them a type:
//
//	for r, err := range people.Related(ctx, id, "deals") {
//		…
//		deal, err := clarify.As[clarify.Deal](r)
//	}
//
// It takes [OrderBy], [Include], [PageSize], [Limit], [Offset] and
// [Concurrency], and works like [Records.All].
func (r *Records[T]) Related(ctx context.Context, id, relationship string, opts ...QueryOption) iter.Seq2[Record[json.RawMessage], error] {
	return r.related(ctx, id, relationship, opts)
}

func (r *records) related(ctx context.Context, id, relationship string, opts []QueryOption) iter.Seq2[Record[json.RawMessage], error] {
	reader := r.reader(relatedListing, func(ctx context.Context, editors ...gen.RequestEditorFn) (*http.Response, error) {
		return r.client.GetRecordRelationships(ctx, r.object, id, relationship, nil, editors...)
	})
	reader.newList = newTypedList[json.RawMessage]
	return typedRecords[json.RawMessage](ctx, reader, opts)
}
