package clarifytest

import (
	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/store"
)

// quirks are the deviations of the API from its contract, or from itself. Each
// has an option, which docs/live-api.md lists with where it is known from.
type quirks struct {
	httpLinks                bool
	noLinks                  bool
	noTotalPages             bool
	userAgentRequired        bool
	includeRelationshipNames bool
	noContent                bool
	customObjectPatch        bool
	listRelationships        bool
	relationshipNames        bool
	sharedEmailAddresses     bool
	wholeSeconds             bool
	emptyUserTimes           bool
	listQueryMigrated        bool
	listQueryStays           bool
	collectionEquality       bool
	refreshTokenStays        bool
	frameworkErrors          bool
	readOnlyMeetings         bool
	unknownAttributes        bool
	objectTimes              bool
	objectsWithoutRecords    bool
}

// reportedQuirks are those that are on unless an option says otherwise.
func reportedQuirks() quirks {
	return quirks{
		userAgentRequired: true, noContent: true, customObjectPatch: true, collectionEquality: true, readOnlyMeetings: true,
		objectTimes: true, objectsWithoutRecords: true,
	}
}

// storeRules are the quirks that the store of a workspace has.
func (q quirks) storeRules() store.Rules {
	return store.Rules{
		Schemas:              q.schemaRules(),
		SharedEmailAddresses: q.sharedEmailAddresses,
		CollectionEquality:   q.collectionEquality,
	}
}

// schemaRules are the quirks that schemas have.
func (q quirks) schemaRules() schema.Rules {
	return schema.Rules{
		UnknownAttributes:     q.unknownAttributes,
		ObjectTimes:           q.objectTimes,
		ObjectsWithoutRecords: q.objectsWithoutRecords,
	}
}
