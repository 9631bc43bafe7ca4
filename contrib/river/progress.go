package clarifyriver

import (
	"encoding/json"
	"fmt"

	"github.com/riverqueue/river/rivertype"
)

// maxShown is how many rejected records or changes of a schema a [Progress] names.
const maxShown = 100

// Progress is how far a job has come. It is the output of the job.
type Progress struct {
	// Done is how many records of the job are done: those of an import or update that
	// have a final outcome, or those that an export has written.
	Done int `json:"done"`
	// The number of records by outcome, as in [clarify.Outcome].
	Created int `json:"created,omitempty"`
	Updated int `json:"updated,omitempty"`
	Written int `json:"written,omitempty"`
	Refused int `json:"refused,omitempty"`
	Unknown int `json:"unknown,omitempty"`
	// Problems says why records were refused, or are unknown: those of the first 100.
	Problems []Problem `json:"problems,omitempty"`
	// Bytes is how many bytes an export has written.
	Bytes int64 `json:"bytes,omitempty"`
	// Changes are the first 100 differences that a check of the schema has found, the
	// breaking ones first, and Changed is how many there are.
	Changes []SchemaChange `json:"changes,omitempty"`
	Changed int            `json:"changed,omitempty"`
	// Runs is how many runs the job took so far.
	Runs int `json:"runs"`
	// Attempt is the last attempt in which the job made progress.
	Attempt int `json:"attempt"`
	// State is where the next run resumes. It is for the worker only.
	State json.RawMessage `json:"state,omitempty"`
}

// Problem is a record of an import or update that was not written, or may not have been.
type Problem struct {
	// Index is the position of the record in what the job names, from 0.
	Index int `json:"index"`
	// Outcome is "refused" or "unknown".
	Outcome string `json:"outcome"`
	// Error says why.
	Error string `json:"error"`
}

// ProgressOf returns the progress of a job of this package, which is zero before its
// first run. For other jobs it means nothing.
func ProgressOf(job *rivertype.JobRow) (Progress, error) {
	var metadata struct {
		Output Progress `json:"output"`
	}
	if len(job.Metadata) == 0 {
		return Progress{}, nil
	}
	if err := json.Unmarshal(job.Metadata, &metadata); err != nil {
		return Progress{}, fmt.Errorf("clarify: invalid progress of the job %d: %w", job.ID, err)
	}
	return metadata.Output, nil
}
