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

// MeetingQuery describes the meetings that [Client.FindMeetings] looks for. A meeting
// has to meet all fields that are set.
type MeetingQuery struct {
	// From and To are the window in which a meeting begins, both inclusive. Both may be
	// left out if EventID or ICalUID is set.
	From, To time.Time
	// EventID is the id of the event in the calendar.
	EventID string
	// ICalUID is the UID of the event (RFC 5545). All occurrences of a recurring
	// meeting have the same: From and To choose one.
	ICalUID string
	// Title is the title. Case and white space are ignored.
	Title string
	// Emails are addresses of participants. Case is ignored. A meeting has to have at
	// least one of them.
	Emails []string
}

// FindMeetings returns the meetings that match a query, the best first:
//
//	client.FindMeetings(ctx, clarify.MeetingQuery{
//		From: start.Add(-15 * time.Minute), To: start.Add(15 * time.Minute), Emails: []string{"ada@acme.com"},
//	})
//
// Meetings are ordered by how many of Emails are among their participants, then by how
// close to the middle of the window they begin, then by their time of creation.
//
// The API filters by window, EventID and ICalUID (docs/live-api.md, R3). Title and
// participants are compared here, on all pages. An invalid window, a query without
// window and ids, and an invalid email address are an error, and nothing is sent.
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

// EnsureMeeting returns the best meeting that matches a query, as [Client.FindMeetings]
// does, or creates one if there is none. created reports whether it was created. It
// takes [Silent].
//
// The meeting must match the query, so that it is found the next time. A meeting that
// was created here can be changed later if its EventID begins with adhoc-; one that a
// calendar synced cannot (docs/live-api.md).
//
// A meeting has no unique field, so the API cannot prevent duplicates:
//
//   - If the response to the creation is lost, the meeting is looked for, as often as
//     [WithRetries] allows. If it is not found, the error matches [ErrOutcomeUnknown]:
//     it may still appear. Call EnsureMeeting again later, for example after a minute.
//   - Two concurrent calls, or a calendar that syncs the meeting later, can create a
//     second one.
func (c *Client) EnsureMeeting(ctx context.Context, q MeetingQuery, meeting Meeting, opts ...WriteOption) (record *Record[Meeting], created bool, err error) {
	if _, err := onlySilent("EnsureMeeting", opts...); err != nil {
		return nil, false, err
	}
	if err := q.check(); err != nil {
		return nil, false, err
	}
	if !q.meets(&meeting) {
		return nil, false, errors.New("clarify: invalid meeting: it does not match the query, so each call would create another")
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
		return errors.New("clarify: invalid window: set both From and To, or neither")
	case q.From.IsZero() && q.EventID == "" && q.ICalUID == "":
		return errors.New("clarify: invalid meeting query: set From and To, EventID or ICalUID")
	case q.To.Before(q.From):
		return fmt.Errorf("clarify: invalid window: From %s is after To %s", q.From.Format(time.RFC3339), q.To.Format(time.RFC3339))
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

// meets reports whether a meeting matches the query. It also checks what the API filters
// by: a wrong meeting is worse than none.
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

// invited returns how many of the addresses are among the participants.
func (q *MeetingQuery) invited(m *Meeting) int {
	n := 0
	for _, email := range q.Emails {
		if slices.ContainsFunc(m.Participants, func(p Participant) bool { return sameEmail(p.Email, email) }) {
			n++
		}
	}
	return n
}

// squeeze replaces runs of white space by single spaces.
func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }
