package clarify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/clarify-go/clarify/internal/jsonscan"
)

// written is attributes as they are answered to a write.
type written[T any] struct {
	stamps
	raw        json.RawMessage
	attributes T
}

func (w *written[T]) UnmarshalJSON(raw []byte) error {
	if err := w.read(raw); err != nil {
		return err
	}
	w.raw = bytes.Clone(raw)
	return decode(raw, &w.attributes)
}

// scan reads attributes as UnmarshalJSON does, or gives up. What is raw is a part
// of the response, until that is released.
func (w *written[T]) scan(scan *jsonscan.Scanner) {
	start := scan.Mark()
	w.stamps.scan(scan)
	w.raw = scan.Since(start)
	scan.Return(start)
	quick.Read(scan, &w.attributes)
}

// accept settles inputs by the response to a request that wrote them. latest is the
// latest time that responds had before.
func (b *bulk[I, T]) accept(rsp *http.Response, inputs []*slot[I, T], latest time.Time) error {
	if b.deletes {
		if err := finish(rsp, nil); err != nil {
			return err
		}
		for _, s := range inputs {
			s.settle(Deleted, nil)
		}
		return nil
	}
	records, times, err := b.readRecords(rsp, inputs)
	if err != nil {
		return responseError(b.operation, rsp, err)
	}
	uncertain := wasUncertain(rsp)
	release(rsp)
	for i, s := range inputs {
		s.record = records[i]
		switch {
		case b.byID:
			s.settle(Updated, nil)
		case b.matchOn == "":
			s.settle(Created, nil)
		default:
			s.settle(upserted(times[i], latest, uncertain || s.doubt != nil), nil)
		}
	}
	for _, t := range times {
		for _, at := range []time.Time{t.CreatedAt, t.UpdatedAt} {
			if at.After(latest) {
				latest = at
			}
		}
	}
	b.note(latest)
	return nil
}

// readRecords reads a response and returns the record of each input, with MatchOn
// with its times.
func (b *bulk[I, T]) readRecords(rsp *http.Response, inputs []*slot[I, T]) ([]*Record[T], []stamps, error) {
	if b.matchOn == "" {
		page, _, err := readPage[T](rsp)
		if err != nil {
			return nil, nil, err
		}
		places, err := b.assign(page.Records, inputs)
		if err != nil {
			return nil, nil, err
		}
		records := make([]*Record[T], len(inputs))
		for i, place := range places {
			records[i] = &page.Records[place]
		}
		return records, nil, nil
	}
	page, _, err := readPage[written[T]](rsp)
	if err != nil {
		return nil, nil, err
	}
	places, err := b.match(page.Records, inputs)
	if err != nil {
		return nil, nil, err
	}
	records, times := make([]*Record[T], len(inputs)), make([]stamps, len(inputs))
	for i, place := range places {
		r := &page.Records[place]
		records[i] = &Record[T]{Type: r.Type, ID: r.ID, Attributes: r.Attributes.attributes, Relationships: r.Relationships}
		times[i] = r.Attributes.stamps
	}
	return records, times, nil
}

// note notes the latest time that responds had.
func (b *bulk[I, T]) note(latest time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if latest.After(b.latest) {
		b.latest = latest
	}
}

// wasUncertain reports whether a request had earlier attempts that may have been
// carried out.
func wasUncertain(rsp *http.Response) bool {
	held, ok := rsp.Body.(*heldBody)
	if !ok {
		return false
	}
	var e Error
	held.describe(&e)
	return e.uncertain
}

// upserted tells what a write did by the times of the record that it responded.
// latest is the latest time that responds had before the request.
func upserted(t stamps, latest time.Time, uncertain bool) Outcome {
	switch {
	case t.CreatedAt.IsZero():
		return Written
	case t.CreatedAt.Before(latest.Add(-clockSkew)):
		return Updated
	case t.UpdatedAt.IsZero() || t.UpdatedAt.Equal(t.CreatedAt):
		return Created
	case uncertain || t.UpdatedAt.Sub(t.CreatedAt).Abs() < time.Second && !t.CreatedAt.Before(latest):
		// An attempt that had no response may have created it, or the API may take the
		// two times one after the other.
		return Written
	}
	return Updated
}

// assign returns where in a return the record of each input is.
func (b *bulk[I, T]) assign(records []Record[T], inputs []*slot[I, T]) ([]int, error) {
	byID := make(map[string]int, len(records))
	for i := range records {
		byID[records[i].ID] = i
	}
	if !b.byID {
		if len(byID) < len(records) {
			return nil, errors.New("it has the same record twice, and each was created")
		}
		return inOrder(len(records), len(inputs))
	}
	places := make([]int, len(inputs))
	for i, s := range inputs {
		place, ok := byID[s.id]
		if !ok {
			return nil, fmt.Errorf("it does not have the record %s, which was updated", s.id)
		}
		places[i] = place
	}
	return places, nil
}

func inOrder(records, inputs int) ([]int, error) {
	if records != inputs {
		return nil, fmt.Errorf("it has %d records, and %d were written", records, inputs)
	}
	places := make([]int, inputs)
	for i := range places {
		places[i] = i
	}
	return places, nil
}

// match returns where in a return the record is that has the value of each
// input. Several inputs may be of one record: one has an address of it, and the
// other another. An input whose value no record has, as the API may write it in
// another way, is taken to be in its place if nothing speaks against it.
func (b *bulk[I, T]) match(records []Record[written[T]], inputs []*slot[I, T]) ([]int, error) {
	found := map[string][]int{}
	for i := range records {
		if records[i].Attributes.raw == nil {
			continue // the record came without attributes
		}
		attributes, err := membersOf(records[i].Attributes.raw)
		if err != nil {
			return nil, err
		}
		value, _ := attributes.get(b.matchOn)
		for _, key := range keysOf(value) {
			found[key] = append(found[key], i)
		}
	}
	const nowhere = -1
	places, taken, missing := make([]int, len(inputs)), make([]bool, len(records)), false
	for i, s := range inputs {
		places[i] = nowhere
		for _, key := range s.keys {
			if at := found[key]; slices.Contains(at, i) {
				places[i] = i
				break
			} else if len(at) > 0 && places[i] == nowhere {
				places[i] = at[0]
			}
		}
		if places[i] == nowhere {
			missing = true
		} else {
			taken[places[i]] = true
		}
	}
	if missing && len(records) != len(inputs) {
		return nil, fmt.Errorf("it has %d records, and %d were written", len(records), len(inputs))
	}
	for i := range inputs {
		if places[i] == nowhere {
			if taken[i] {
				return nil, fmt.Errorf("the record %s in it is that of several inputs", records[i].ID)
			}
			places[i], taken[i] = i, true
		}
	}
	if i := slices.Index(taken, false); i >= 0 {
		return nil, fmt.Errorf("the record %s in it is that of no input", records[i].ID)
	}
	return places, nil
}
