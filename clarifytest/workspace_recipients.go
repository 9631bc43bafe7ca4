package clarifytest

import (
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/api"
	"github.com/clarify-go/clarify/gen"
)

// A Recipient is a person whom a campaign writes to, for [Server.AddRecipients].
// A zero time is one that has not come.
type Recipient struct {
	ID       string // chosen by the server if empty
	PersonID string
	Status   gen.RecipientStatus // pending if empty

	CurrentBlockID string
	ExitReason     string
	ExitBlockID    string
	Unsubscribed   bool

	ResumeAt      time.Time
	StartedAt     time.Time
	EndedAt       time.Time
	LastOpenedAt  time.Time
	LastClickedAt time.Time
	LastRepliedAt time.Time
}

// AddRecipients has a campaign of a workspace write to people, and returns them
// with what the server chose: the API has no operation for it. A campaign is a
// workflow of the type sequence, as createWorkflow makes it, and has its id. A
// recipient with the id of one of the campaign's takes its place. AddRecipients
// panics if there is no workspace, campaign or person of this id, if a status is
// unknown, or if the id is that of another campaign's recipient.
func (s *Server) AddRecipients(workspace, campaign string, recipients ...Recipient) []Recipient {
	given := make([]api.RecipientData, len(recipients))
	for i, r := range recipients {
		given[i] = api.RecipientData(r)
	}
	held, err := s.mustFindWorkspace("AddRecipients", workspace).state.AddRecipients(campaign, given)
	if err != nil {
		panic("clarifytest: AddRecipients: " + err.Error())
	}
	var added []Recipient
	for _, r := range held {
		added = append(added, Recipient(r))
	}
	return added
}
