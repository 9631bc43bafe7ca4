package clarify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// MeetingQuery says which meetings [Client.FindMeetings] looks for: those for
// which all that is set holds.
type MeetingQuery struct {
	// From and To are the window in which a meeting begins, both included. They may
	// be left out, both of them, if EventID or ICalUID is set.
	From, To time.Time
	// EventID is the id of the event in the calendar.
	EventID string
	// ICalUID is the UID of the event (RFC 5545). All occurrences of a recurring
	// meeting have the same: From and To choose one.
	ICalUID string
	// Title is the title, but for case and white space.
	Title string
	// Emails are addresses of participants, in any case. A meeting has to have at
	// least one of them.
	Emails []string
}

// FindMeetings returns the meetings that a query describes, the best first, and
// none if there is none:
//
//	client.FindMeetings(ctx, clarify.MeetingQuery{
//		From: start.Add(-15 * time.Minute), To: start.Add(15 * time.Minute), Emails: []string{"ada@acme.com"},
//	})
//
// The best are those with the most of Emails among their participants, of these
// the ones that begin nearest to the middle of the window, and of these the ones
// that were created first.
//
// Window, EventID and ICalUID are conditions of the request, the window as it was
// seen to work (docs/live-api.md, R3); title and participants are compared here,
// on all pages. A window that is not one, a query without window and ids, and what
// is not an email address are an error, and nothing is sent.
func (c *Client) FindMeetings(ctx context.Context, q MeetingQuery) ([]Record[Meeting], error) {
	if err := q.check(); err != nil {
		return nil, err
	}
	var found []Record[Meeting]
	for meeting, err := range Meetings(c).All(ctx, q.conditions()...) {
		if err != nil {
			return nil, err
		}
		if q.meets(&meeting.Attributes) {
			found = append(found, meeting)
		}
	}
	middle := q.From.Add(q.To.Sub(q.From) / 2)
	slices.SortFunc(found, func(a, b Record[Meeting]) int {
		return cmp.Or(
			cmp.Compare(q.invited(&b.Attributes), q.invited(&a.Attributes)),
			cmp.Compare(a.Attributes.Start.Sub(middle).Abs(), b.Attributes.Start.Sub(middle).Abs()),
			a.Attributes.CreatedAt.Compare(b.Attributes.CreatedAt),
			cmp.Compare(a.ID, b.ID),
		)
	})
	return found, nil
}

// EnsureMeeting returns the best meeting that a query describes, as
// [Client.FindMeetings] does, or creates one if there is none. created reports
// whether it did. It takes [Silent].
//
// The meeting has to be one that the query describes, so that it is found the
// next time. One that is created here can be changed later if its EventID begins
// with adhoc-; what a calendar synced cannot (docs/live-api.md).
//
// A meeting has no unique field, so the API cannot keep doubles out:
//
//   - If the response to the creation is lost, the meeting is looked for, as often
//     as [WithRetries] allows. If it is not found, the error matches
//     [ErrOutcomeUnknown]: it may still come, so look again later, for example by
//     calling EnsureMeeting again after a minute.
//   - Two calls at the same time, or a calendar that syncs the meeting later, can
//     make a second one.
func (c *Client) EnsureMeeting(ctx context.Context, q MeetingQuery, meeting Meeting, opts ...WriteOption) (record *Record[Meeting], created bool, err error) {
	if _, err := onlySilent("EnsureMeeting", opts...); err != nil {
		return nil, false, err
	}
	if err := q.check(); err != nil {
		return nil, false, err
	}
	if !q.meets(&meeting) {
		return nil, false, errors.New("clarify: the meeting is not one that the query describes, so each call would create another: set its fields as the query has them")
	}
	found, err := c.FindMeetings(ctx, q)
	switch {
	case err != nil:
		return nil, false, err
	case len(found) > 0:
		return &found[0], false, nil
	}
	record, err = Meetings(c).Create(ctx, meeting, opts...)
	if err == nil {
		return record, true, nil
	}
	if errors.Is(err, ErrOutcomeUnknown) && c.lookAgain(ctx, func() bool {
		found, _ = c.FindMeetings(ctx, q)
		return len(found) > 0
	}) {
		return &found[0], true, nil
	}
	return nil, false, err
}

func (q *MeetingQuery) check() error {
	switch {
	case q.From.IsZero() != q.To.IsZero():
		return errors.New("clarify: the window of a meeting has one end: set From and To, or neither")
	case q.From.IsZero() && q.EventID == "" && q.ICalUID == "":
		return errors.New("clarify: the meetings to find have no window: set From and To, or EventID or ICalUID")
	case q.To.Before(q.From):
		return fmt.Errorf("clarify: the window of a meeting begins at %s and ends at %s, before that", q.From.Format(time.RFC3339), q.To.Format(time.RFC3339))
	}
	return checkEmails(q.Emails)
}

func (q *MeetingQuery) conditions() []QueryOption {
	var all []QueryOption
	if !q.From.IsZero() {
		all = append(all, Where("start", IsOnOrAfter, q.From), Where("start", IsOnOrBefore, q.To))
	}
	if q.EventID != "" {
		all = append(all, Where("event_id", Is, q.EventID))
	}
	if q.ICalUID != "" {
		all = append(all, Where("ical_uid", Is, q.ICalUID))
	}
	return all
}

// meets reports whether a meeting is one of the query. It also looks at what the
// request had as conditions: a wrong meeting is worse than none.
func (q *MeetingQuery) meets(m *Meeting) bool {
	switch {
	case !q.From.IsZero() && (m.Start.Before(q.From) || m.Start.After(q.To)),
		q.EventID != "" && m.EventID != q.EventID,
		q.ICalUID != "" && m.ICalUID != q.ICalUID,
		q.Title != "" && !strings.EqualFold(squeeze(m.Title), squeeze(q.Title)):
		return false
	}
	return len(q.Emails) == 0 || q.invited(m) > 0
}

// invited is how many of the addresses are among the participants.
func (q *MeetingQuery) invited(m *Meeting) int {
	n := 0
	for _, email := range q.Emails {
		if slices.ContainsFunc(m.Participants, func(p Participant) bool { return sameEmail(p.Email, email) }) {
			n++
		}
	}
	return n
}

// squeeze replaces white space by single spaces.
func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }
