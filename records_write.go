package clarify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/clarify-go/clarify/gen"
)

// Create creates a record and returns it. It takes [MatchOn], which updates an
// existing record instead, [CheckedBy], and [Silent].
//
// The attributes must be a JSON object. The system sets the id and the fields whose
// names begin with _: attributes that have them are an error, and nothing is sent. In a
// struct of yours, omitempty or omitzero leaves them out.
//
// A value that another record has in a unique field is an error that matches
// [ErrInvalid]. If no response tells whether the record was created, the error matches
// [ErrOutcomeUnknown]; with MatchOn the request is retried first.
func (r *Records[T]) Create(ctx context.Context, attributes T, opts ...WriteOption) (*Record[T], error) {
	return typedRecord[T](r.create(ctx, attributes, opts))
}

func (r *records) create(ctx context.Context, attributes any, opts []WriteOption) (recordAt, error) {
	w, err := readWriting(opts, r.silent)
	if err != nil {
		return recordAt{}, err
	}
	if len(w.strategies) > 0 {
		return recordAt{}, fmt.Errorf("clarify: Create does not take the option %s: it is for Update", w.strategies[0].option)
	}
	if err := w.checkRecords(r.object, "/data"); err != nil {
		return recordAt{}, err
	}
	a, err := encodeNew(attributes, w)
	if err != nil {
		return recordAt{}, err
	}
	body, err := encode(writeBody{Data: entryBody{Type: r.object, Attributes: a.json}, MatchOn: w.matchOn})
	if err != nil {
		return recordAt{}, fmt.Errorf("clarify: cannot encode the attributes: %w", err)
	}
	rsp, err := r.client.CreateRecordWithBody(ctx, r.object, &gen.CreateRecordParams{Silent: silence(w.silent)}, jsonType, bytes.NewReader(body))
	if err != nil {
		return recordAt{}, err
	}
	return readRecord("createRecord", rsp, r.newList)
}

const jsonType = "application/json"

// Update changes a record and returns it. Only what changes has is sent: [Changes] of
// [Set], [Fields], where nil sends null, a built-in type such as [Person], or a struct
// whose fields have omitempty or omitzero. It takes [Silent], [CheckedBy], and
// [Append], [Remove], [Replace] and [Merge], which say how a field is combined with
// its present value; without one the API decides.
//
// Changes that are empty, that are not a JSON object, or that have an id or a name that
// begins with _ are an error, and nothing is sent.
//
// Records of custom objects, whose names begin with c_, are updated with updateRecords,
// because updateRecord is reported to fail for them.
func (r *Records[T]) Update(ctx context.Context, id string, changes any, opts ...WriteOption) (*Record[T], error) {
	return typedRecord[T](r.update(ctx, id, changes, opts))
}

func (r *records) update(ctx context.Context, id string, changes any, opts []WriteOption) (recordAt, error) {
	w, err := readWriting(opts, r.silent)
	if err != nil {
		return recordAt{}, err
	}
	if w.matchOn != "" {
		return recordAt{}, errors.New("clarify: Update does not take the option MatchOn: it is for Create")
	}
	at, inBulk := "/data", strings.HasPrefix(r.object, "c_")
	if inBulk {
		at = "/data/0"
	}
	if err := w.checkRecords(r.object, at); err != nil {
		return recordAt{}, err
	}
	a, meta, err := encodeChanges(changes, w)
	if err != nil {
		return recordAt{}, err
	}
	item := entryBody{Type: r.object, ID: id, Attributes: a.json}
	if inBulk {
		return r.updateInBulk(ctx, item, meta, w.silent)
	}
	body, err := encode(writeBody{Data: item, Meta: meta})
	if err != nil {
		return recordAt{}, fmt.Errorf("clarify: cannot encode the changes: %w", err)
	}
	rsp, err := r.client.UpdateRecordWithBody(ctx, r.object, id, &gen.UpdateRecordParams{Silent: silence(w.silent)}, jsonType, bytes.NewReader(body))
	if err != nil {
		return recordAt{}, err
	}
	return readRecord("updateRecord", rsp, r.newList)
}

func (r *records) updateInBulk(ctx context.Context, item entryBody, meta map[string]map[string]string, silent bool) (recordAt, error) {
	const operation = "updateRecords"
	if err := checkID("the id", item.ID); err != nil {
		return recordAt{}, err
	}
	body, err := encode(writeBody{Data: []entryBody{item}, Meta: meta})
	if err != nil {
		return recordAt{}, fmt.Errorf("clarify: cannot encode the changes: %w", err)
	}
	rsp, err := r.client.UpdateRecordsWithBody(ctx, r.object, &gen.UpdateRecordsParams{Silent: silence(silent)}, jsonType, bytes.NewReader(body))
	if err != nil {
		return recordAt{}, err
	}
	page, _, err := readPage(rsp, r.newList, nil)
	if err != nil {
		return recordAt{}, responseError(operation, rsp, err)
	}
	for i := range page.to {
		if page.id(i) == item.ID {
			return recordAt{page.recordList, i}, nil
		}
	}
	return recordAt{}, responseError(operation, rsp, errors.New("the updated record is missing"))
}
