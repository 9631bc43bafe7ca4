package main

import (
	"fmt"
	"strings"

	"github.com/clarify-go/clarify/clarifytest"
)

const quirkUsage = `
A quirk is how the API was observed to differ from its contract, or to behave at times; see docs/live-api.md:

  http-links=off                   with -tls on: the links of pages begin with http://
  no-links=off                     links.next and links.prev are null
  no-total-pages=off               meta has no total_pages
  user-agent-required=on           a request without a User-Agent gets 403
  include-relationship-names=off   include also takes company and companies for company_id
  no-content=on                    deletes of records and links, and disableRecording, respond with 204
  custom-object-patch=on           updateRecord responds with 500 for a record of a custom object
  list-relationships=off           records of a page have all their relationships
  relationship-names=off           relationships are called company, not company_id
  shared-email-addresses=off       several people can have the same email address
  whole-seconds=off                times come without milliseconds
  empty-user-times=off             the times of users are {}
  list-query-migrated=off          a list's query without a version is rewritten
  list-query-stays=off             updateList leaves the query as it was
  collection-equality=on           filters take Is and Is not for collections
  refresh-token-stays=off          a refresh returns no new refresh token, the old one stays valid
  read-only-meetings=on            a meeting that a calendar synced cannot be updated
  object-times=on                  schemas declare _created_at as an object
  objects-without-records=on       schemas list meeting_recording and user, which have no records
  framework-errors=off             400 and 422 have the form of the framework below the API

These are the defaults.
`

// quirkOptions are the options of package clarifytest for them.
var quirkOptions = map[string]func(bool) clarifytest.Option{
	"http-links":                 clarifytest.WithQuirkHTTPLinks,
	"no-links":                   clarifytest.WithQuirkNoLinks,
	"no-total-pages":             clarifytest.WithQuirkNoTotalPages,
	"user-agent-required":        clarifytest.WithQuirkUserAgentRequired,
	"include-relationship-names": clarifytest.WithQuirkIncludeRelationshipNames,
	"no-content":                 clarifytest.WithQuirkNoContent,
	"custom-object-patch":        clarifytest.WithQuirkCustomObjectPatch,
	"list-relationships":         clarifytest.WithQuirkListRelationships,
	"relationship-names":         clarifytest.WithQuirkRelationshipNames,
	"shared-email-addresses":     clarifytest.WithQuirkSharedEmailAddresses,
	"whole-seconds":              clarifytest.WithQuirkWholeSeconds,
	"empty-user-times":           clarifytest.WithQuirkEmptyUserTimes,
	"list-query-migrated":        clarifytest.WithQuirkListQueryMigrated,
	"list-query-stays":           clarifytest.WithQuirkListQueryStays,
	"collection-equality":        clarifytest.WithQuirkCollectionEquality,
	"refresh-token-stays":        clarifytest.WithQuirkRefreshTokenStays,
	"framework-errors":           clarifytest.WithQuirkFrameworkErrors,
	"read-only-meetings":         clarifytest.WithQuirkReadOnlyMeetings,
	"object-times":               clarifytest.WithQuirkObjectTimes,
	"objects-without-records":    clarifytest.WithQuirkObjectsWithoutRecords,
}

// parseQuirk parses a quirk in the form that quirkUsage describes.
func parseQuirk(text string) (clarifytest.Option, error) {
	name, value, _ := strings.Cut(text, "=")
	option := quirkOptions[name]
	switch {
	case option == nil:
		return nil, fmt.Errorf("there is no quirk %q", name)
	case value != "on" && value != "off":
		return nil, fmt.Errorf("%s must be on or off, as in %s=on", name, name)
	}
	return option(value == "on"), nil
}
