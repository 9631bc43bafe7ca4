package api

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/store"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
	"github.com/clarify-go/clarify/gen"
)

// RecipientData is the part of a recipient that a test sets.
type RecipientData struct {
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

// recipient is a recipient of a campaign.
type recipient struct {
	RecipientData
	campaign  string
	run       string
	createdAt time.Time
	updatedAt time.Time
}

type recipientResource struct {
	Type       string              `json:"type"`
	ID         string              `json:"id"`
	Attributes recipientAttributes `json:"attributes"`
}

type recipientAttributes struct {
	WorkflowRunID   string           `json:"workflow_run_id"`
	Person          *recipientPerson `json:"person"`
	Status          string           `json:"status"`
	ResumeAt        *int64           `json:"resume_at"`
	CurrentBlockID  *string          `json:"current_block_id"`
	StartedAt       *string          `json:"started_at"`
	EndedAt         *string          `json:"ended_at"`
	ExitReason      *string          `json:"exit_reason"`
	ExitBlockID     *string          `json:"exit_block_id"`
	HasOpened       bool             `json:"has_opened"`
	HasClicked      bool             `json:"has_clicked"`
	HasReplied      bool             `json:"has_replied"`
	HasUnsubscribed bool             `json:"has_unsubscribed"`
	LastOpenedAt    *string          `json:"last_opened_at"`
	LastClickedAt   *string          `json:"last_clicked_at"`
	LastRepliedAt   *string          `json:"last_replied_at"`
	CreatedAt       string           `json:"_created_at"`
	UpdatedAt       string           `json:"_updated_at"`
}

type recipientPerson struct {
	ID             string            `json:"_id"`
	Name           map[string]string `json:"name"`
	EmailAddresses *recipientEmails  `json:"email_addresses"`
	AvatarURL      *string           `json:"avatar_url"`
	JobTitle       *string           `json:"job_title"`
	CompanyID      *string           `json:"company_id"`
}

type recipientEmails struct {
	Items []string `json:"items"`
}

// recipientStatuses has the statuses of a recipient's run, with the value of the filter
// that selects each while the campaign is enabled.
var recipientStatuses = map[string]string{
	"pending":   "scheduled",
	"running":   "scheduled",
	"waiting":   "scheduled",
	"retrying":  "scheduled",
	"success":   "completed",
	"cancelled": "completed",
	"skipped":   "completed",
	"failed":    "failed",
}

// AddRecipients adds recipients to a campaign.
func (s *State) AddRecipients(campaign string, recipients []RecipientData) ([]RecipientData, error) {
	var added []RecipientData
	err := s.write(SystemUser, func(c *change) error {
		if _, err := s.campaign(campaign); err != nil {
			return err
		}
		for _, r := range recipients {
			one, err := c.addRecipient(campaign, r)
			if err != nil {
				return err
			}
			added = append(added, one)
		}
		return nil
	})
	return added, err
}

func (c *change) addRecipient(campaign string, r RecipientData) (RecipientData, error) {
	if r.Status == "" {
		r.Status = "pending"
	}
	if recipientStatuses[string(r.Status)] == "" {
		return r, BadRequest("There is no status %q.", r.Status)
	}
	if c.state.Find(c.state.Schemas.Find("person"), r.PersonID) == nil {
		return r, BadRequest("There is no person %q.", r.PersonID)
	}
	if r.ID == "" {
		r.ID = c.state.NewID()
	}
	held, there := c.state.recipients.Find(r.ID)
	switch {
	case !there:
		held = recipient{campaign: campaign, run: c.state.NewID(), createdAt: c.Now}
	case held.campaign != campaign:
		return r, BadRequest("The recipient %q is another campaign's.", r.ID)
	}
	held.RecipientData, held.updatedAt = r, c.Now
	c.state.recipients.Put(c.Tx, r.ID, held)
	return r, nil
}

// campaign returns the workflow of a campaign.
func (s *State) campaign(id string) (workflow, error) {
	w, ok := s.workflows.Find(id)
	if !ok || w.attributes["type"] != workflowSequence {
		return workflow{}, NotFound("There is no campaign with this id.")
	}
	return w, nil
}

// campaignList returns the list of a campaign, and whether there is one. It is not
// documented which member of the trigger has the list, so it is any whose id is there.
func (s *State) campaignList(w workflow) (list, bool) {
	trigger, _ := w.attributes["trigger"].(map[string]any)
	for _, text := range append(values.StringsIn(trigger["input"]), values.StringsIn(trigger["filters"])...) {
		if l, ok := s.lists.Find(text); ok {
			return l, true
		}
	}
	return list{}, false
}

// selected reports whether a filter selects a recipient.
func (r recipientAttributes) selected(filter map[string]any, enabled bool) bool {
	if status, ok := filter["status"].(string); ok && !slices.Contains(r.standing(enabled), status) {
		return false
	}
	if events, ok := filter["event"].([]any); ok {
		done := map[any]bool{"opened": r.HasOpened, "clicked": r.HasClicked, "replied": r.HasReplied}
		if !slices.ContainsFunc(events, func(event any) bool { return done[event] }) {
			return false
		}
	}
	words, _ := filter["q"].(string)
	var searched []string
	if r.Person != nil {
		searched = append(searched, r.Person.Name["full_name"], r.Person.Name["first_name"], r.Person.Name["last_name"])
		if r.Person.EmailAddresses != nil {
			searched = append(searched, r.Person.EmailAddresses.Items...)
		}
	}
	return containsWords(searched, wordsOf(words))
}

// standing returns the values of the filter that select the recipient.
func (r recipientAttributes) standing(enabled bool) []string {
	one := recipientStatuses[r.Status]
	if one == "scheduled" && !enabled {
		one = "paused"
	}
	if r.HasUnsubscribed {
		return []string{one, "unsubscribed"}
	}
	return []string{one}
}

// column returns an attribute as in a response. People sort by their names.
func (r recipientResource) column(name string) (any, bool) {
	switch name {
	case "_id", "id":
		return r.ID, true
	case "person":
		if r.Attributes.Person == nil {
			return nil, true
		}
		return r.Attributes.Person.Name["full_name"], true
	}
	encoded, err := json.Marshal(r.Attributes)
	if err != nil {
		panic(err)
	}
	attributes, _ := DecodeJSON(encoded)
	object, _ := attributes.(map[string]any)
	value, known := object[name]
	return value, known
}

// recipient renders a recipient, with the person as it is now.
func (s *State) recipient(r recipient) recipientResource {
	attributes := recipientAttributes{
		WorkflowRunID:   r.run,
		Status:          string(r.Status),
		CurrentBlockID:  textOrNull(r.CurrentBlockID),
		StartedAt:       timeOrNull(r.StartedAt),
		EndedAt:         timeOrNull(r.EndedAt),
		ExitReason:      textOrNull(r.ExitReason),
		ExitBlockID:     textOrNull(r.ExitBlockID),
		HasOpened:       !r.LastOpenedAt.IsZero(),
		HasClicked:      !r.LastClickedAt.IsZero(),
		HasReplied:      !r.LastRepliedAt.IsZero(),
		HasUnsubscribed: r.Unsubscribed,
		LastOpenedAt:    timeOrNull(r.LastOpenedAt),
		LastClickedAt:   timeOrNull(r.LastClickedAt),
		LastRepliedAt:   timeOrNull(r.LastRepliedAt),
		CreatedAt:       values.FormatTime(r.createdAt),
		UpdatedAt:       values.FormatTime(r.updatedAt),
	}
	if !r.ResumeAt.IsZero() {
		seconds := r.ResumeAt.Unix()
		attributes.ResumeAt = &seconds
	}
	if person := s.Follow(s.Schemas.Find("person"), r.PersonID); person != nil {
		attributes.Person = s.recipientPerson(person)
	}
	return recipientResource{"campaign_recipient", r.ID, attributes}
}

// recipientPerson renders the fields of a person that are valid according to the
// contract: a workspace may have changed its schema.
func (s *State) recipientPerson(r *store.Record) *recipientPerson {
	text := func(field string) *string {
		value, ok := s.Value(r, field).(string)
		if !ok {
			return nil
		}
		return &value
	}
	person := &recipientPerson{ID: r.ID, AvatarURL: text("avatar_url"), JobTitle: text("job_title"), CompanyID: text("company_id")}
	if name, ok := r.Attribute("name").(map[string]any); ok {
		person.Name = map[string]string{}
		for _, part := range []string{"first_name", "last_name", "full_name"} {
			if value, ok := name[part].(string); ok {
				person.Name[part] = value
			}
		}
	}
	if items, ok := values.Items(r.Attribute("email_addresses")); ok {
		person.EmailAddresses = &recipientEmails{Items: []string{}}
		for _, item := range items {
			if address, ok := item.(string); ok {
				person.EmailAddresses.Items = append(person.EmailAddresses.Items, address)
			}
		}
	}
	return person
}

func textOrNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func timeOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	return textOrNull(values.FormatTime(t))
}
