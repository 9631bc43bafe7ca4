package clarifytest

import (
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/api"
	"github.com/clarify-go/clarify/gen"
)

// A Recipient is a person whom a campaign writes to, for [Server.AddRecipients].
// A zero time has not come.
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

// AddRecipients adds recipients to a campaign of a workspace, and returns them with the
// values that the server chose: the API has no operation for it. A campaign is a
// workflow of the type sequence, from createWorkflow, and has its id. A recipient with
// an id that the campaign has replaces the one before. AddRecipients panics if there is
// no workspace, campaign or person with this name or id, if a status is unknown, or if
// the id is that of another campaign's recipient.
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
