// Package clarifytest is a Clarify for tests: an HTTP server inside the process
// that keeps records in memory and responds like the Clarify API.
//
//	srv := clarifytest.NewServer(clarifytest.WithTB(t))
//	client, err := clarify.New(srv.Workspace, authn.APIKey(srv.APIKey), clarify.WithBaseURL(srv.BaseURL))
//
// [Server.API] is the generated client of package gen, ready for use, and
// [Server.Client] an HTTP client that is authenticated and reaches nothing else.
//
// The server starts empty and needs no account and no network. A new one takes a
// fraction of a millisecond, so that every test can have its own. Except for
// changes of schemas, a read sees every write whose response was sent before.
//
// # What it serves
//
// With state, for the objects person, company, deal, meeting and task, and for
// the custom ones that a workspace makes:
//
//   - Records and resources: createRecord (with match_on), createBulkRecords,
//     getRecord, updateRecord, updateRecords, deleteRecord, deleteRecords,
//     mergeRecords, createResource, getResource, getResources and
//     getDeletedResources.
//   - Relationships of records: getRecordRelationships, updateRecordRelationship
//     and deleteRecordRelationship.
//   - Schemas: getSchemas, patchEnumFieldValues, createCustomObject,
//     updateEntitySchema, deleteCustomObject, createSchemaProperties,
//     createSchemaRelationshipProperties, deleteSchemaRelationshipProperty,
//     updateSchemaPropertyOrder and updateSchemaPropertyVisibility. What records
//     may hold, the operators of filters, unique values, references and includes
//     follow from them.
//   - Lists: getLists, getWorkspaceLists, createList, getList, updateList,
//     deleteList, publishList, unpublishList, getListResources and
//     getListRowsCsv; see [Server.AddToList] and [WithListMatcher].
//   - Layouts: getLayoutById, updateLayout and resetLayout.
//   - Activities: getActivities and getSchemaActivities.
//   - Comments: createComment, getComment, updateComment and deleteComment.
//   - Access: getGrants, createGrant, createGrantsBulk, updateGrant, revokeGrant,
//     getObjectAccess, giveObjectAccess and revokeObjectAccess.
//   - Workflows: getWorkflows, createWorkflow, getWorkflow, updateWorkflow and
//     deleteWorkflow.
//   - Campaigns: getRecipients; see [Server.AddRecipients].
//   - Attachments: listRecordAttachments, getSignedUrlForRecordAttachmentUpload,
//     addRecordAttachment, getRecordAttachment and deleteRecordAttachment.
//   - Recordings of meetings: enableRecording, disableRecording, initMediaUpload,
//     confirmMediaUpload, getRecordingArtifacts, uploadRecordingTranscript and
//     uploadTranscript.
//   - Users: getUsers and getUser; see [Server.AddUser].
//   - Settings: readAllWorkspaceSettings, readWorkspaceSettings,
//     writeWorkspaceSetting and deleteWorkspaceSetting.
//
// These are all operations of the contract.
//
// It also serves:
//
//   - Both authentication schemes, and 401 for a credential that is sent under the
//     other's scheme.
//   - Any number of workspaces, which never see each other's records.
//   - Pages, sorting, filters, and the rate limit with its headers.
//   - The OAuth 2.0 flows at [Server.AuthorizeURL] and [Server.TokenURL]:
//     Authorization Code with a client secret or with PKCE, and Refresh Token.
//     [WithLoginPage] makes users log in and consent on a page. [WithTokenLifetime]
//     makes tokens expire sooner, and [Server.Revoke] and [Server.RevokeGrant] end
//     them early.
//   - TLS, if [WithTLS] is given, with a certificate that the server makes.
//     [Server.HTTPClient] trusts it, and [Server.Certificate] is for other clients.
//
// Files are uploaded to and downloaded from storage, which has a port of its own,
// [Server.StorageURL]. The API signs its URLs and forms. Each is valid for
// [SignedAddressLifetime] and one method. Like S3, storage serves ranges and rejects
// invalid requests with an XML document: a URL that was changed or has expired, a
// form that its policy does not allow, a file larger than [WithMaxFileBytes]. A
// request with a credential of the API is rejected and is a violation.
// [Server.Files] returns the files in storage, and [Server.RecordingEnabled] a
// setting that no operation returns.
//
// # What it checks
//
// Every request that reaches an operation, and every response, is checked against
// the contract, openapi.yaml, with the validator of github.com/getkin/kin-openapi.
// A difference is a [Violation]. Given a test by [WithTB], the server fails it for
// each violation; see [Server.TakeViolations] for requests that are wrong on
// purpose. A violation in a response is a bug of this package.
//
// # Injected faults
//
// [Server.Inject] makes things go wrong with the requests that a test chooses: by
// operation or by any other property, by number, or at random from a seed. A
// request can get any status, header and body, can lose its connection before,
// during or after the operation is carried out, can get its response late, slowly or
// in part, or have its credential revoked. [Server.RefuseConnections] closes the
// port. The response of a fault is not checked for violations. Faults of storage
// need [ToStorage].
//
// [Server.Requests] is a transcript of the requests. It says which fault struck a
// request and whether its operation was carried out, so that a test can compare what
// a program believes with what happened. It keeps the latest [TranscriptLength]
// requests, or as many as [WithTranscript] says, so that the server's memory does
// not grow with the number of requests.
//
// # Time, ids and randomness
//
// [WithClock] sets the clock, which may be that of a [Clock], and [WithSeed] the seed
// of all random values. With both, the same requests in the same order get the same
// responses. Concurrent requests have no order: which of them gets which id may
// differ. [WithMemoryNetwork] makes a server work with the fake time of
// testing/synctest.
//
// [Server.Seed] fills a workspace with related people, companies, deals, meetings and
// tasks, a million of them within seconds.
//
// [Server.Snapshot] and [Server.Restore] put a server back to an earlier state, and
// [WithSnapshot] starts servers with it. Both are fast however much the server holds,
// so that tests can share a costly setup without sharing a server.
//
// # Quirks
//
// docs/live-api.md lists how the API was observed to differ from its contract. Each
// line has a number. The sandbox does what was observed. Where sources differ, or the
// API behaves differently at times, there is an option:
//
//   - [WithQuirkHTTPLinks], L1: the links of pages begin with http:// although
//     the server speaks TLS. On with [WithTLS].
//   - [WithQuirkNoLinks], L3: links.next and links.prev are null. Off.
//   - [WithQuirkNoTotalPages], L4: meta has no total_pages. Off.
//   - [WithQuirkUserAgentRequired], R1: a request without a User-Agent gets 403.
//     On.
//   - [WithQuirkIncludeRelationshipNames], R2: include also takes company and
//     companies for company_id. Off.
//   - [WithQuirkNoContent], R5: deleteRecord, deleteRecordRelationship and
//     disableRecording respond with 204 and no body. On.
//   - [WithQuirkCustomObjectPatch], R7: updateRecord responds with 500 for a
//     record of a custom object. On.
//   - [WithQuirkListRelationships], D1: the records of a page have all their
//     relationships, and not only those that were included. Off.
//   - [WithQuirkRelationshipNames], D1: relationships are called company, not
//     company_id. Off.
//   - [WithQuirkSharedEmailAddresses], D4: several people can have the same email
//     address. Off.
//   - [WithQuirkWholeSeconds], D6: times come without milliseconds. Off.
//   - [WithQuirkEmptyUserTimes], D6: the times of users are {}. Off.
//   - [WithQuirkObjectTimes], D6: schemas declare _created_at as an object. On.
//   - [WithQuirkObjectsWithoutRecords], R4: schemas list meeting_recording and
//     user, which have no records. On.
//   - [WithQuirkListQueryMigrated], O2: a query without a version is rewritten.
//     Off.
//   - [WithQuirkListQueryStays], O2: updateList leaves the query as it was. Off.
//   - [WithQuirkCollectionEquality]: filters take Is and Is not for collections
//     (reported). On.
//   - [WithQuirkReadOnlyMeetings], meeting: a meeting that a calendar synced cannot
//     be updated. On.
//   - [WithQuirkRefreshTokenStays]: a refresh returns no new refresh token, and
//     the old one stays valid (contract). Off.
//   - [WithQuirkFrameworkErrors]: 400 and 422 have the form of the framework
//     below the API (contract). Off.
//
// A quirk that differs from the contract is no violation.
//
// # Limits
//
// Where the vendor's documents say nothing, the sandbox picks one behavior. Do not
// take these for facts about the API. They are listed, with the source of each that
// has one, in docs/sandbox-limits.md:
// https://github.com/clarify-go/clarify/blob/main/docs/sandbox-limits.md.
package clarifytest
