package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/clarify-go/clarify"
)

// syncer brings recordings into a workspace.
type syncer struct {
	client       *clarify.Client
	workspace    string
	window       time.Duration // how far the start of a meeting may be from a recording's
	createPeople bool
	options      []clarify.WriteOption

	people map[string][]clarify.Record[clarify.Person] // by email address, in lower case
	taken  map[string]string                           // the recording of a meeting, by the meeting's id
	notes  []string                                    // about the recording that is at work
	done   []string                                    // likewise, what was changed
}

func (s *syncer) did(format string, args ...any) {
	s.done = append(s.done, fmt.Sprintf(format, args...))
}
func (s *syncer) note(format string, args ...any) {
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

// resolve finds the people with the addresses of all recordings.
func (s *syncer) resolve(ctx context.Context, all []*recording) (err error) {
	var emails []string
	for _, r := range all {
		for _, p := range r.Participants {
			if r.err == nil && p.Email != "" {
				emails = append(emails, strings.ToLower(p.Email))
			}
		}
	}
	s.people, err = s.client.PeopleByEmail(ctx, emails...)
	return err
}

// sync brings one recording in. Each step looks first whether there is anything
// left to do, so that it may be killed after any of them. The comment is last: with
// it a later run knows that the transcript is there.
func (s *syncer) sync(ctx context.Context, r *recording) error {
	meeting, comment, err := s.locate(ctx, r)
	if err != nil {
		return err
	}
	if other, ok := s.taken[meeting.ID]; ok {
		return fmt.Errorf("%s is of the same meeting %s: its transcript would be replaced", other, meeting.ID)
	}
	s.taken[meeting.ID] = r.ID
	if err := s.invite(ctx, r, meeting); err != nil {
		return err
	}
	if err := s.link(ctx, r, meeting); err != nil {
		return err
	}
	text := ""
	if comment != nil {
		text = clarify.PlainText(comment.Message)
	}
	if r.segments != nil && !strings.HasSuffix(text, r.receipt) {
		if _, err := s.client.AddTranscript(ctx, meeting.ID, r.segments, s.options...); err != nil {
			return err
		}
		s.did("transcript uploaded")
	}
	return s.comment(ctx, r, meeting, comment)
}

// locate returns the meeting of a recording and the comment of an earlier run, nil
// if there is none.
func (s *syncer) locate(ctx context.Context, r *recording) (*clarify.Record[clarify.Meeting], *clarify.Comment, error) {
	comment, err := s.written(ctx, r.commentID(s.workspace, ""))
	if err != nil {
		return nil, nil, err
	}
	if comment != nil {
		// However the meeting was found then, it may be renamed by now.
		meeting, err := clarify.Meetings(s.client).Get(ctx, comment.Record)
		if err == nil || !errors.Is(err, clarify.ErrNotFound) {
			return meeting, comment, err
		}
	}
	meeting, err := s.meeting(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	comment, err = s.written(ctx, r.commentID(s.workspace, meeting.ID))
	return meeting, comment, err
}

// written reads a comment, nil if there is none.
func (s *syncer) written(ctx context.Context, id string) (*clarify.Comment, error) {
	comment, err := s.client.Comment(ctx, id)
	if errors.Is(err, clarify.ErrNotFound) {
		return nil, nil
	}
	return comment, err
}

// meeting finds the meeting of a recording, or creates one: the one that an earlier
// run created, the one of the calendar's event, or the one with the same title at
// the same time.
func (s *syncer) meeting(ctx context.Context, r *recording) (*clarify.Record[clarify.Meeting], error) {
	own := clarify.MeetingQuery{EventID: ours + r.ID}
	around := func(d time.Duration) clarify.MeetingQuery {
		return clarify.MeetingQuery{From: r.Start.Add(-d), To: r.Start.Add(d)}
	}
	// All meetings of a series have the same UID: the nearest one.
	series := around(12 * time.Hour)
	series.ICalUID = r.ICalUID
	title := around(s.window)
	title.Title = r.Title
	for _, by := range []struct {
		known string
		query clarify.MeetingQuery
		fits  func(clarify.Record[clarify.Meeting]) bool
	}{
		{ours + r.ID, own, nil},
		{r.EventID, clarify.MeetingQuery{EventID: r.EventID}, nil},
		{r.ICalUID, series, nil},
		{r.Title, title, r.mayBe},
	} {
		if by.known == "" {
			continue
		}
		found, err := s.client.FindMeetings(ctx, by.query)
		if err != nil {
			return nil, err
		}
		for _, m := range found {
			if by.fits == nil || by.fits(m) {
				return &m, nil
			}
		}
	}
	meeting, created, err := s.client.EnsureMeeting(ctx, own, r.meeting(), s.options...)
	if created {
		s.did("meeting created")
	}
	return meeting, err
}

// mayBe reports whether a meeting of the same title is the recording's, as far as
// anybody can tell. A transcript must not come to another meeting.
func (r *recording) mayBe(m clarify.Record[clarify.Meeting]) bool {
	has := m.Attributes
	switch {
	case strings.HasPrefix(has.EventID, ours),
		r.ICalUID != "" && has.ICalUID != "" && r.ICalUID != has.ICalUID:
		return false
	}
	known := 0
	for _, p := range r.Participants {
		for _, other := range has.Participants {
			if p.Email != "" && other.Email != "" {
				known++
				if strings.EqualFold(p.Email, other.Email) {
					return true
				}
			}
		}
	}
	return known == 0
}

// invite adds the participants that the meeting does not have.
func (s *syncer) invite(ctx context.Context, r *recording, meeting *clarify.Record[clarify.Meeting]) error {
	all := slices.Clone(meeting.Attributes.Participants)
	for _, p := range r.participants() {
		same := func(other clarify.Participant) bool {
			if p.Email == "" {
				return p.Name == other.Name && p.PhoneNumber == other.PhoneNumber
			}
			return strings.EqualFold(p.Email, other.Email)
		}
		if !slices.ContainsFunc(all, same) {
			all = append(all, p)
		}
	}
	missing := len(all) - len(meeting.Attributes.Participants)
	switch {
	case missing == 0:
		return nil
	case !strings.HasPrefix(meeting.Attributes.EventID, editable):
		s.note("the meeting's event id is %q and does not begin with %s, so it is read-only: %s left out", meeting.Attributes.EventID, editable, count(missing, "participant"))
		return nil
	}
	if _, err := clarify.Meetings(s.client).Update(ctx, meeting.ID, clarify.Meeting{Participants: all}, s.options...); err != nil {
		return err
	}
	s.did("%s added", count(missing, "participant"))
	return nil
}

// link links the people among the participants to the meeting.
func (s *syncer) link(ctx context.Context, r *recording, meeting *clarify.Record[clarify.Meeting]) error {
	var people []string
	for _, p := range r.Participants {
		if p.Email == "" {
			continue
		}
		id, err := s.person(ctx, p.Email, p.Name)
		if err != nil {
			return err
		}
		switch {
		case id == "":
			s.note("nobody has the address %s", p.Email)
		case !slices.Contains(people, id):
			people = append(people, id)
		}
	}
	if len(people) == 0 {
		return nil
	}
	meetings := clarify.Meetings(s.client)
	var refs []clarify.Ref
	for person, err := range meetings.Related(ctx, meeting.ID, "people") {
		if err != nil {
			return err
		}
		refs = append(refs, clarify.Ref{Type: person.Type, ID: person.ID})
	}
	before := len(refs)
	for _, id := range people {
		if !slices.ContainsFunc(refs, func(ref clarify.Ref) bool { return ref.ID == id }) {
			refs = append(refs, clarify.Ref{Type: "person", ID: id})
		}
	}
	if len(refs) == before {
		return nil
	}
	if len(s.options) > 0 {
		meetings = meetings.Silent()
	}
	// Those who are linked are sent again: the API replaces them all.
	if err := meetings.Link(ctx, meeting.ID, "people", refs...); err != nil {
		return err
	}
	s.did("%s linked", count(len(refs)-before, "person"))
	return nil
}

// person returns the id of the person with an address, empty if there is none.
func (s *syncer) person(ctx context.Context, email, name string) (string, error) {
	email = strings.ToLower(email)
	found := s.people[email]
	switch {
	case len(found) > 1:
		s.note("%s have the address %s: the oldest is linked", count(len(found), "person"), email)
		fallthrough
	case len(found) == 1:
		return found[0].ID, nil
	case !s.createPeople:
		return "", nil
	}
	first, last, _ := strings.Cut(strings.TrimSpace(name), " ")
	// MatchOn makes it safe to do twice.
	person, err := clarify.People(s.client).Create(ctx, clarify.Person{
		Name: clarify.Name{FirstName: first, LastName: strings.TrimSpace(last)}, EmailAddresses: clarify.Collection{email},
	}, append(slices.Clone(s.options), clarify.MatchOn("email_addresses"))...)
	if err != nil {
		return "", err
	}
	s.people[email] = append(found, *person)
	s.did("%s created", email)
	return person.ID, nil
}

// comment writes the comment, or changes that of an earlier run.
func (s *syncer) comment(ctx context.Context, r *recording, meeting *clarify.Record[clarify.Meeting], comment *clarify.Comment) error {
	text := r.comment()
	switch {
	case text == "":
		return nil
	case comment == nil:
		add := func(id string) error {
			options := []clarify.CommentOption{clarify.CommentID(id)}
			for _, o := range s.options {
				options = append(options, o)
			}
			_, err := s.client.AddComment(ctx, clarify.Ref{Type: "meeting", ID: meeting.ID}, clarify.Text(text), options...)
			return err
		}
		err := add(r.commentID(s.workspace, ""))
		if errors.Is(err, clarify.ErrInvalid) {
			// It may be the id of a comment that was deleted, with its meeting or alone.
			err = add(r.commentID(s.workspace, meeting.ID))
		}
		if err != nil {
			return err
		}
		s.did("comment added")
	case clarify.PlainText(comment.Message) != clarify.PlainText(clarify.Text(text)):
		if _, err := s.client.EditComment(ctx, comment.ID, clarify.Text(text), s.options...); err != nil {
			return err
		}
		s.did("comment changed")
	}
	return nil
}

// count is a number of things.
func count(n int, of string) string {
	switch {
	case n == 1:
		return "1 " + of
	case of == "person":
		return fmt.Sprintf("%d people", n)
	}
	return fmt.Sprintf("%d %ss", n, of)
}
