package backup

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/clarify-go/clarify"
)

const (
	// Format and Version are those of the manifests that [Write] writes.
	Format  = "clarify-backup"
	Version = 1

	manifestName = "manifest.json"
)

// Manifest is what manifest.json holds.
type Manifest struct {
	Format  string    `json:"format"`
	Version int       `json:"version"`
	Began   time.Time `json:"began"`
	Ended   time.Time `json:"ended"`
	// Files has each file of the backup but the manifest, by its path with slashes.
	Files map[string]File `json:"files"`
	// Objects has the names of the objects that have records.
	Objects []string `json:"objects"`
	// Skipped says what the API has but the backup does not.
	Skipped []Problem `json:"skipped,omitempty"`
}

// File is a file of a backup.
type File struct {
	// Kind is what is in the file, such as "records", and Object which object it is about.
	Kind   string `json:"kind"`
	Object string `json:"object,omitempty"`
	Bytes  int64  `json:"bytes"`
	// Lines is how many lines it has; 0 for the files of records.
	Lines  int    `json:"lines,omitempty"`
	SHA256 string `json:"sha256"`
}

// Problem is something that could not be read or restored.
type Problem struct {
	// What is a kind of things, such as "records", "links" or "comments".
	What   string `json:"what"`
	Object string `json:"object,omitempty"`
	Field  string `json:"field,omitempty"`
	Reason string `json:"reason"`
	// Count is how many have the problem, and IDs the first ones in the backup.
	Count int      `json:"count"`
	IDs   []string `json:"ids,omitempty"`
}

// The kinds of files.
const (
	kindSchemas     = "schemas"
	kindUsers       = "users"
	kindSettings    = "settings"
	kindWorkflows   = "workflows"
	kindLists       = "lists"
	kindMembers     = "members"
	kindRecords     = "records"
	kindLinks       = "links"
	kindActivities  = "activities"
	kindComments    = "comments"
	kindAttachments = "attachments"
	kindGrants      = "grants"
	kindFile        = "file"
)

// The lines of files.
type (
	recordLine struct {
		Type       string          `json:"type"`
		ID         string          `json:"id"`
		Attributes json.RawMessage `json:"attributes"`
	}
	linkLine struct {
		ID    string        `json:"id"`
		Field string        `json:"field"`
		To    []clarify.Ref `json:"to"`
	}
	settingLine struct {
		Key   string          `json:"key"`
		Value json.RawMessage `json:"value"`
	}
	memberLine struct {
		List string `json:"list"`
		ID   string `json:"id"`
	}
	activityLine struct {
		ID       string          `json:"id"`
		Activity json.RawMessage `json:"activity"`
	}
	attachmentLine struct {
		ID         string          `json:"id"`
		Attachment json.RawMessage `json:"attachment"`
		File       string          `json:"file,omitempty"`
	}
	grantLine struct {
		ID    string          `json:"id"`
		Grant json.RawMessage `json:"grant"`
	}
)

// fileOf returns the path of the file of an object.
func fileOf(kind, object string) string { return kind + "/" + fileName(object) + ".ndjson" }

// fileName returns a name as that of a file, on any system.
func fileName(name string) string {
	plain := name != "" && len(name) <= 100
	for i := range len(name) {
		c := name[i]
		plain = plain && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-' && i > 0)
	}
	// These are devices in Windows.
	switch name {
	case "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "lpt1", "lpt2", "lpt3", "lpt4":
		plain = false
	}
	if plain {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return "id-" + hex.EncodeToString(sum[:16])
}
