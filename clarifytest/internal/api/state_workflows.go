package api

import (
	"maps"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// The types of workflows that users create.
const (
	workflowSequence = "sequence"
	workflowGeneral  = "workflow"
)

// workflow is an automation or a sequence of emails. Its attributes are those of a
// response, without the system's.
type workflow struct {
	id         string
	attributes map[string]any
	createdAt  time.Time
	createdBy  string
	updatedAt  time.Time
	updatedBy  string
}

type workflowResource struct {
	Type       string         `json:"type"`
	ID         string         `json:"id"`
	Attributes map[string]any `json:"attributes"`
}

func (w workflow) resource() workflowResource {
	attributes := map[string]any{}
	maps.Copy(attributes, w.attributes)
	attributes["_id"] = w.id
	attributes["_created_at"] = values.FormatTime(w.createdAt)
	attributes["_created_by"] = w.createdBy
	attributes["_updated_at"] = values.FormatTime(w.updatedAt)
	attributes["_updated_by"] = w.updatedBy
	return workflowResource{"workflow", w.id, attributes}
}
