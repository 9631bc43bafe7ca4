package clarify

import (
	"encoding/json"
	"time"

	"github.com/clarify-go/clarify/internal/jsonscan"
)

// facts are what is read from the attributes of records beside the attributes
// themselves, whose type need not have a field for it.
type facts interface {
	// add adds the facts of another record. Those below read them.
	add()
	fact
}

// fact reads the facts of one record.
type fact interface {
	scan(s *jsonscan.Scanner) // like the other functions with a scanner, gives up at what read does not take
	read(attributes []byte) error
}

var _, _, _ fact = (*stamps)(nil), (*changed)(nil), (*written)(nil)

// factList is a list of facts of type F.
type factList[F any, P interface {
	*F
	fact
}] struct{ all []F }

func (l *factList[F, P]) add() {
	var none F
	l.all = append(l.all, none)
}

func (l *factList[F, P]) last() P { return &l.all[len(l.all)-1] }

func (l *factList[F, P]) scan(s *jsonscan.Scanner) { l.last().scan(s) }

func (l *factList[F, P]) read(attributes []byte) error { return l.last().read(attributes) }

// stamped are facts that have the times of records.
type stamped interface {
	stampsAt(i int) *stamps
}

type (
	stampsList  struct{ factList[stamps, *stamps] }
	changedList struct{ factList[changed, *changed] }
	writtenList struct{ factList[written, *written] }
)

func (l *stampsList) stampsAt(i int) *stamps  { return &l.all[i] }
func (l *changedList) stampsAt(i int) *stamps { return &l.all[i].order }

func newStampsList() facts  { return &stampsList{} }
func newChangedList() facts { return &changedList{} }
func newWrittenList() facts { return &writtenList{} }

// The names of the times that the API sets.
const (
	createdAt = "_created_at"
	updatedAt = "_updated_at"
)

// stamps are the times when a record was created and updated.
type stamps struct {
	CreatedAt time.Time `json:"_created_at"`
	UpdatedAt time.Time `json:"_updated_at"`
}

// at returns the time of a column, _created_at or _updated_at.
func (s *stamps) at(column string) *time.Time {
	if column == updatedAt {
		return &s.UpdatedAt
	}
	return &s.CreatedAt
}

func (s *stamps) read(b []byte) error {
	*s = stamps{}
	if scanned, _ := jsonscan.Scan(b, s.scan); scanned {
		return nil
	}
	*s = stamps{}
	return unmarshal(b, s)
}

func (s *stamps) scan(scan *jsonscan.Scanner) {
	for more := scan.Object(); more; more = scan.NextMember() {
		at := &s.UpdatedAt
		switch string(scan.Name()) {
		case createdAt:
			at = &s.CreatedAt
		case updatedAt:
		default:
			scan.Skip()
			continue
		}
		if t, ok := scan.Time(); ok && at.IsZero() {
			*at = t
		} else if text := scan.Bytes(); !at.IsZero() || text == nil || at.UnmarshalText(text) != nil {
			scan.GiveUp()
		}
	}
}

// written are the attributes in the response to a write as they were received, with
// their times.
type written struct {
	stamps
	raw json.RawMessage // nil if the record came without attributes
}

func (w *written) read(attributes []byte) error {
	w.raw = attributes
	return w.stamps.read(attributes)
}

// scan keeps a part of the response, which is valid until that is released.
func (w *written) scan(s *jsonscan.Scanner) {
	start := s.Mark()
	w.stamps.scan(s)
	w.raw = s.Since(start)
}
