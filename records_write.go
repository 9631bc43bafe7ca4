package clarify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/clarify-go/clarify/gen"
)

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
