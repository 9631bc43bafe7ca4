package api

import (
	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/store"
)

// Quirks are the deviations of the API from its contract, or from itself. Each
// has an option, which docs/live-api.md lists with where it is known from.
type Quirks struct {
	HTTPLinks                bool
	NoLinks                  bool
	NoTotalPages             bool
	UserAgentRequired        bool
	IncludeRelationshipNames bool
	NoContent                bool
	CustomObjectPatch        bool
	ListRelationships        bool
	RelationshipNames        bool
	SharedEmailAddresses     bool
	WholeSeconds             bool
	EmptyUserTimes           bool
	ListQueryMigrated        bool
	ListQueryStays           bool
	CollectionEquality       bool
	RefreshTokenStays        bool
	FrameworkErrors          bool
	ReadOnlyMeetings         bool
	UnknownAttributes        bool
	ObjectTimes              bool
	ObjectsWithoutRecords    bool
}

// ReportedQuirks are those that are on unless an option says otherwise.
func ReportedQuirks() Quirks {
	return Quirks{
		UserAgentRequired: true, NoContent: true, CustomObjectPatch: true, CollectionEquality: true, ReadOnlyMeetings: true,
		ObjectTimes: true, ObjectsWithoutRecords: true,
	}
}

// storeRules are the quirks that the store of a workspace has.
func (q Quirks) storeRules() store.Rules {
	return store.Rules{
		Schemas:              q.schemaRules(),
		SharedEmailAddresses: q.SharedEmailAddresses,
		CollectionEquality:   q.CollectionEquality,
	}
}

// ReadSchemas returns the schemas in a listing of them.
func (q Quirks) ReadSchemas(documents []schema.Document) (*schema.Set, error) {
	return schema.FromDocuments(q.schemaRules(), documents)
}

// schemaRules are the quirks that schemas have.
func (q Quirks) schemaRules() schema.Rules {
	return schema.Rules{
		UnknownAttributes:     q.UnknownAttributes,
		ObjectTimes:           q.ObjectTimes,
		ObjectsWithoutRecords: q.ObjectsWithoutRecords,
	}
}
