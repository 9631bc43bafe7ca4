// Package clarify is a client of the Clarify CRM API.
//
//	client, err := clarify.New("acme", authn.APIKeyFromEnv())
//	if err != nil {
//		return err
//	}
//	people := clarify.People(client)
//	for person, err := range people.All(ctx, clarify.Where("email_addresses", clarify.Contains, "@acme.com")) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(person.ID, person.Attributes.Name)
//	}
//
// # Records
//
// [People], [Companies], [Deals], [Meetings] and [Tasks] are the records of the
// built-in objects, each with a type for its attributes. [NewRecords] is for
// custom objects and for types of your own:
//
//	type Vehicle struct {
//		Plate string `json:"plate"`
//	}
//	vehicles := clarify.NewRecords[Vehicle](client, "c_vehicle")
//
// Records are created, read, updated and deleted one by one or many at a time.
// An update sends only what it is given; [Fields] with a nil value clears a
// field. With [MatchOn], creating a record that exists already updates it.
//
// # Many records
//
// [Records.Import], [Records.BulkUpdate] and [Records.BulkDelete] write any number
// of records, in concurrent batches, and report the outcome of each input.
// [Concurrency] makes reading fast, and [Stable] makes it complete while others
// write. Memory does not grow with the number of records.
//
// # Common tasks
//
// Some tasks that take several requests, or a long one, have a short call:
// [Client.AddComment], [Client.AddTranscript], [Client.FindMeetings],
// [Client.EnsureMeeting] and [Client.PeopleByEmail].
//
// # All operations
//
// A [Client] has the methods of the generated client, package gen, for every
// operation of the API. They take and return what is on the wire. Their requests
// are authenticated, rate limited and retried like all others.
//
// # Errors
//
// A request that fails returns an [Error] with everything that the API said. Use
// errors.Is and the Err… variables to tell what it is about:
//
//	if errors.Is(err, clarify.ErrNotFound) {
//		// …
//	}
//
// Invalid arguments are an error before anything is sent.
//
// # Retries
//
// A request is sent up to four times, unless [WithRetries] says otherwise. It is
// retried
//
//   - after 429, whatever it does, once the delay that the API asks for is over;
//   - after 409, if it changes a schema while another request does;
//   - after 500, 502, 503 or 504, without a response, or after one that broke off, if
//     it is idempotent: reads, deletes, PUTs that replace, and creates with match_on;
//   - after a failure before anything was sent.
//
// The delay between attempts is what Retry-After or X-RateLimit-Reset says, up to
// 90 seconds, or else exponential backoff with jitter. A write that may have been
// carried out, and is not idempotent, ends with [ErrOutcomeUnknown].
//
// A request waits while the API's headers say that the rate limit of its endpoint
// is used up. Other endpoints are not affected. All waiting ends with the context. The
// clients of a workspace in a process share what they know of it: see [WithLimiter].
//
// Options for one call are in its context: [WithCallTimeout], [WithoutRetries],
// [WithHeader] and [WithClass].
//
// # Credentials
//
// The credential is set again for each attempt and sent only to the URL of the
// workspace. It appears in no error and no log line. Redirects are not followed.
package clarify

//go:generate go tool oapi-codegen -config gen/types.yaml openapi.yaml
//go:generate go tool oapi-codegen -config gen/client.yaml openapi.yaml
//go:generate go tool oapi-codegen -config internal/contract/spec.yaml openapi.yaml
//go:generate go run ./internal/operations docs/operations.md clarifytest/internal/api/handlers.gen.go
