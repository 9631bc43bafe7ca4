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
// An update sends what it is given and nothing else; [Fields] with a nil value
// clears a field. [MatchOn] makes a create update the record that is there.
//
// # Many records
//
// [Records.Import], [Records.BulkUpdate] and [Records.BulkDelete] write any number
// of records, in batches and several of these at once, and say of each input what
// became of it. [Concurrency] makes reading fast, and [Stable] makes it complete
// while others write. Memory does not grow with the number of records.
//
// # Every day
//
// Some jobs of several requests, or of one that takes many words, have a short
// call: [Client.AddComment], [Client.AddTranscript], [Client.FindMeetings],
// [Client.EnsureMeeting] and [Client.PeopleByEmail].
//
// # All operations
//
// A [Client] has the methods of the generated client, package gen, for every
// operation of the API. They take and return what is on the wire, and pass the
// same chain as everything else here.
//
// # Errors
//
// Anything but a success is an [Error], with all that the API said. What it is
// about is asked with errors.Is and the Err… variables:
//
//	if errors.Is(err, clarify.ErrNotFound) {
//		// …
//	}
//
// Arguments that cannot work are an error before anything is sent.
//
// # Retries
//
// Unless [WithRetries] says otherwise a request is sent up to four times:
//
//   - after 429, for any request, once the time has passed that the API asks for;
//   - after 409 to a change of a schema, because another change is in progress;
//   - after 502, 503, 504, no response, or one that broke off, if the request is
//     idempotent: reads, deletes, replacing PUTs, and creates with match_on;
//   - after a failure before anything was sent.
//
// Between attempts it waits for a random time that grows, or for as long as
// Retry-After or X-RateLimit-Reset says, up to 90 seconds. A write that may have
// happened, and that is not safe to retry, ends with [ErrOutcomeUnknown].
//
// A request waits while the API's headers say that its endpoint is rate limited.
// Requests to other endpoints do not wait. All waiting ends with the context.
//
// # Credentials
//
// A credential is set anew for each attempt, sent to the workspace's address and
// nowhere else, and appears in no error and no log line. Redirects are not
// followed.
package clarify

//go:generate go tool oapi-codegen -config gen/types.yaml openapi.yaml
//go:generate go tool oapi-codegen -config gen/client.yaml openapi.yaml
//go:generate go tool oapi-codegen -config internal/contract/spec.yaml openapi.yaml
//go:generate go run ./internal/operations docs/operations.md clarifytest/internal/api/handlers.gen.go
