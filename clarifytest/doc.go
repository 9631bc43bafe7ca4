// Package clarifytest is a Clarify for tests: an HTTP server inside the process
// that keeps records in memory and responds as the Clarify API does.
//
//	srv := clarifytest.NewServer(clarifytest.WithTB(t))
//	client, err := clarify.New(srv.Workspace, authn.APIKey(srv.APIKey), clarify.WithBaseURL(srv.BaseURL))
//
// [Server.API] is the generated client of package gen, ready for use, and
// [Server.Client] an HTTP client that is authenticated and goes nowhere else.
//
// It starts empty, needs no account and no network, and a new one costs a
// fraction of a millisecond, so that every test can have its own. Everything in
// it happens at once, except changes of schemas: a read sees every write that was
// responded before it.
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
// Both authentication schemes, and the mistake of sending one credential under
// the other's scheme; any number of workspaces, which never see each other's
// records; pages, sorting, filters; the rate limit and its headers. And the
// OAuth 2.0 flows that lead to an access token, at [Server.AuthorizeURL] and
// [Server.TokenURL]: Authorization Code with a client secret or with PKCE, and
// Refresh Token. [WithLoginPage] has users log in and consent on a page, as they
// would; [WithTokenLifetime] has tokens expire sooner, and [Server.Revoke] and
// [Server.RevokeGrant] end them early.
//
// Files go to and come from storage, which is another port of the server,
// [Server.StorageURL]: by addresses and forms that the API signs, which are good
// for [SignedAddressLifetime] and for one method. Storage takes and gives bytes,
// parts of them too, and refuses as S3 does, with an XML document: an address
// that was changed or has expired, a form that is not what its policy says, a
// file larger than [WithMaxFileBytes] allows. A request with a credential of the
// API is refused and a violation. [Server.Files] is what storage holds, and
// [Server.RecordingEnabled] what no operation reads back.
//
// All of it is served over TLS if [WithTLS] is given, with a certificate that the
// server makes: [Server.HTTPClient] trusts it, and [Server.Certificate] is for who
// else has to.
//
// # What it checks
//
// Every request that reaches an operation, and every response, is checked against
// the contract, openapi.yaml, by the validator of github.com/getkin/kin-openapi.
// A difference is a [Violation]. Given a test by [WithTB], the server fails it
// for each violation; see [Server.TakeViolations] for requests that are wrong
// on purpose. A violation in a response is a fault of this package.
//
// # What goes wrong
//
// [Server.Inject] has things go wrong with the requests that a test chooses: by
// operation or by any other property, by number or at random from a seed. A
// request can be responded with any status, header and body, be cut off before,
// during or after the operation was carried out, get its response late, slowly or
// not whole, or have its credential revoked. [Server.RefuseConnections] closes
// the port. What a fault responds is no violation. Storage has faults of its own,
// by [ToStorage].
//
// [Server.Requests] is a transcript of what arrived. For each request it says
// which fault struck it and whether the operation was carried out, so that what
// a program believes to have done can be compared with what it did. It has the
// latest [TranscriptLength] requests, or as many as [WithTranscript] says; so a
// server's memory grows with what its workspaces hold and not with the requests.
//
// # Time, ids and randomness
//
// The clock is given by [WithClock], which takes the one of a [Clock], and
// everything random by [WithSeed]. With both, the same requests in the same order
// get the same responds. Requests that are sent at once have no order, and which of
// them gets which id may differ. [WithMemoryNetwork] has a server work where time is
// fake, with testing/synctest.
//
// [Server.Seed] fills a workspace with people, companies, deals, meetings and tasks
// that have to do with one another, a million of them within seconds.
//
// [Server.Snapshot] and [Server.Restore] put a server back to what it held, and
// [WithSnapshot] starts servers with it. Both take no time worth counting, so
// that tests can share what is costly to set up and still not share a server.
//
// # Quirks
//
// What the API was seen to do beyond its contract, and against it, is written
// down in docs/live-api.md, where each point has a number. The sandbox does what
// was observed. Where sources differ, or the API does now one thing and now
// another, there is an option for it:
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
// # Limits: what this package does not know of the real API
//
// Where the vendor's documents say nothing, the sandbox picks one behavior. Do
// not take these for facts about the API, except for the sentences that say where
// they are known from: the contract, or an observation of docs/live-api.md.
// docs/sandbox.md has the same as tables.
//
// Addresses and credentials:
//
//   - Inbound webhooks are no operations of the contract and respond with 404.
//   - A credential of another workspace responds with 403 where the workspace exists
//     and 404 where it does not.
//   - A key of the kind Workspace acts as the user "system", who is not among the
//     users. The access operations need a Personal key (contract), and so does
//     createComment. Nobody's roles limit what they may do.
//   - The authorization server takes any client_id, any redirect_uri that is
//     absolute and any client_secret, but a refresh needs the one that the code
//     was redeemed with. Its access tokens are for the first workspace. Unless
//     there is a login page they act as the workspace's first user, and as
//     nobody else.
//   - A code and a login page are good for ten minutes. A code is spent by the
//     first attempt to redeem it. The redirect_uri of a token request must be
//     that of the authorization request, letter by letter.
//   - A refresh replaces the refresh token (contract). A code or refresh token that is used
//     again ends the grant: all access and refresh tokens that came of it are
//     invalid. A refresh token does not expire. There is no id_token.
//   - Everybody has the same password at the login page, which remembers nobody:
//     each login begins there.
//   - An unknown path responds with 404, a known path with another method 405 with
//     the header Allow, whatever the credential. A path with an empty, "." or
//     ".." segment responds with 404. HEAD responds as GET does, without the body.
//   - Requests that are refused with 401, 403, 404 for the path or workspace,
//     405 or 429 do not count against the rate limit, and do not change what its
//     headers say.
//
// Bodies:
//
//   - A body that is not labelled as JSON responds with 415, one above [MaxBodyBytes]
//     413, one that is missing or not a single JSON object 400. No body is
//     required (contract). Only getListRowsCsv can do without one.
//   - The type in a body must be the object's name; else 422. An unknown member
//     of data responds with 422, one beside data is ignored, except by
//     updateRecords, whose body the contract closes.
//   - Of members with the same name the last counts. What in a text is not UTF-8
//     becomes U+FFFD.
//
// Fields:
//
//   - The objects have the fields that were seen of the live API (observed:
//     docs/live-api.md, D1 and "The built-in objects"). Assumed are the options of
//     a deal's stage, the labels of meetings and tasks, and the relationships that
//     are not named there.
//   - A value that is not what the schema says of its field responds with 422. So does
//     the name of a field that the schema does not have, a member of a name or of a
//     participant that is not in the schema, a value of a field that cannot be
//     written, such as the notes of a meeting, and a new record without a value for
//     a field that needs one, as the title of a task does. That the API rejects
//     these is assumed; it is so that a test fails where a program misspells
//     something.
//   - A filter or sortOrder that names a field which the schema does not have, at
//     any step of a dotted one, or a to-many relationship, responds with 400, as does a
//     filter on a select for an option that it does not have (assumed, for the same
//     reason).
//   - [WithUnknownAttributes] has records take any other attribute, whose kind
//     comes from its values: a string that is a date or an RFC 3339 moment is a
//     date, another string is text and also a single select, a number a number, a
//     boolean a checkbox, an array a multi select, an object with an array called
//     items a collection, another object a location. A field that has had values of
//     several kinds has all of them. A field X_id, where X is an object, refers to a
//     record then, as company_id does. Filters and sorting take a field once a
//     record has had it.
//   - A number that is the value of an attribute responds with 400 unless it fits
//     DECIMAL(16,4): twelve digits before the point, four after it (contract).
//   - What a field refers to must exist when it is written; else 422. Once it is
//     deleted the field reads null, and once it is merged into another, that one's
//     id.
//   - There is one relationship between each two of the five objects. People, deals
//     and tasks refer to a company, and tasks to a person, a deal and a meeting too
//     (observed: D1). The others are many-to-many and called by the plural of the
//     object that they lead to. As attributes to-many relationships respond with 422.
//   - The ids of users, such as owner_id, are not checked. The _merged_ids of a
//     deal are those of the deals that were merged into it.
//   - Email addresses and domains are compared without regard to case, all else
//     with regard to it. That goes for unique values, strategies and filters.
//
// Writing:
//
//   - match_on takes a unique field only; another one responds with 422. A record
//     without a value for it is created, one whose values belong to several
//     records responds with 400. What is sent replaces what was there, as in an
//     update. Both outcomes respond with 201.
//   - A bulk delete checks all ids first, as a bulk update does.
//   - The records of a bulk update are changed in their order: a unique value that
//     one of them gives up is free for those after it, and not for those before.
//   - An update that collides with a unique field responds with 400, as a create does.
//   - meta may name only fields that are being changed, and the strategy must
//     suit the field: collection for {items}, array for arrays, object for other
//     objects, one level deep. Appending to a collection leaves out what is there.
//   - A merge takes from the sources, in their order, the fields that the target
//     lacks. Values are not combined. References to a source become references
//     to the target, and its links the target's, unless the schema has mergeable:
//     false for the relationship: then they end. No record refers or is linked to
//     itself by a merge. Attributes beside sources are ignored.
//
// Relationships of records:
//
//   - PATCH replaces what a many-to-many relationship leads to, and adds to a
//     one-to-many one (contract). It sets a field that refers to one record, or
//     clears it if none is sent. A record that is sent must exist; else 422. An id that is
//     null stands for no record.
//   - DELETE of what is not linked changes nothing and succeeds.
//   - Links of many-to-many relationships do not change the _updated_at of the
//     records; they come in the order in which they were made.
//
// Schemas:
//
//   - A change of the schemas is under way while the next request to the
//     workspace is answered, unless that comes a second or more later; see
//     [WithSchemaLag]. Until then the schemas, and what follows from them, are as
//     before, and another change responds with 409. patchEnumFieldValues and
//     createCustomObject are done when they are answered. A change that records
//     made impossible meanwhile, because a field is to be unique, is not made.
//   - The name of a custom object is c_ and its title in lower case, with _
//     between words. One that is taken responds with 400. There is no limit to their
//     number. The name and the plural are its xClarifyLabel (observed: S4). The
//     icon and the color are xClarifyIcon and xClarifyBackgroundColor.
//   - The list has the objects of every workspace as core/NAME, without what the
//     workspace has added, and as entities/NAME, with it (observed: S1, S2). The
//     workspace's own objects are entities only, and come last. There are ten
//     schemas on a page, so that there are two pages at least. The next page is
//     found by a cursor (observed: L2). Another cursor responds with 400.
//   - Fields refer to the definitions personName, collectionOfStrings and
//     collectionOfIds (observed: S2, S3). So they do to collectionOfEmails,
//     collectionOfHostnames, richText and participant, and the definitions say what
//     the sandbox takes. A field that is made in such a form reads back as a
//     reference, and may be sent as one.
//   - Paths have the plain names of objects. Others respond with 404 (observed: S5). The
//     id of patchEnumFieldValues is such a name, too.
//   - A field is unique if its schema has xClarifyUnique: true. Making a field
//     unique whose values are not responds with 400.
//   - Of a field's JSON Schema the type, the enum, the formats date, email and
//     hostname, and what a collection's items are, bear on values; other keywords
//     are kept and not enforced. A string with an enum or xClarifyEnumMetadata is
//     a single select, {items} whose items have one a multi select, an object with
//     first_name and last_name a name, one with an array called text rich text,
//     any other object a location. A select without an enum takes any text until an
//     option is appended to it: that makes an enum, and what is not in it is refused
//     from then on. Records keep what they have. readOnly has nobody write a field,
//     and required, of the object, has each new record need one.
//   - A field that is made for what records hold already leaves it as it is.
//   - A field that is removed is removed from all records, with its links. An
//     option that is removed is cleared in all records; updateEntitySchema renames
//     one that keeps its id in xClarifyEnumMetadata. A field with another type
//     loses the values that it does not take. Records that lose a value have a new
//     _updated_at.
//   - updateEntitySchema needs the $id (observed: S5). It needs properties, and deletes the fields that are not
//     among them, except the system's, relationships, and those that every
//     workspace has, of which it responds with 422. Deleting a relationship or an
//     object that every workspace has responds with 422, too.
//   - An order puts the fields that it does not name last. Hidden fields have
//     hiddenInDetails in their xClarifyPresentation.
//   - All options may be sent with those that are to be added (observed: S6). An
//     edit of options without append or remove changes only how they are
//     shown. One that is not acceptable responds with 200 with isValid false.
//
// Layouts:
//
//   - Their ids are navigation, and for the page of an object's records its name
//     and -page, as in person-page. Until they are changed they follow from the
//     schemas: the navigation has a link for each object, a page its fields that
//     are not hidden and a tab for each to-many relationship.
//   - A tree must have the form that the contract gives to the navigation or to a
//     page; else 422. What it names need not exist.
//
// Activities:
//
//   - They come oldest first. One has the events of one write, and types are
//     written as in clarify:update. A write that changes no value leaves none.
//   - The create of a record lists its attributes as added. An update goes into
//     objects, and into arrays by index. A merge tells the target what it gained.
//   - A relationship that is set or unset is an event of the records at both ends,
//     except that the other end of a reference does not have it if it was set when
//     the record was created.
//   - A deleted record has its activities as long as it is listed.
//   - A workspace remembers at least its latest [EventLimit] events, and always
//     that a record was created or deleted.
//
// Lists:
//
//   - Each object has a default list, which is published, holds all its records,
//     and can be changed, but responds with 403 when it is to be deleted or made a draft.
//   - The sandbox does not speak SQL. A dynamic list holds all records of its
//     object, and the sql of getListRowsCsv has no effect, unless a test gives
//     the meaning of queries by [WithListMatcher].
//   - A draft is its author's: it is not listed for others, and responds to them with 403.
//     A published list can be changed by all, who may also make it a draft again.
//   - A query is kept with its version, and an update replaces all of it
//     (observed: docs/live-api.md, O2).
//   - A static list follows merges. Its records come in the order of all records.
//   - Words that are searched for must all be in the title or the description, and
//     in getListRowsCsv in the texts of the record, in either case.
//   - CSV has a column for each attribute, called by the name of its field: the
//     id, the schema's fields, the others, the system's. Items are joined by a
//     comma and a space, other objects are JSON. Lines end in CR LF.
//   - updateList responds with 422 for type and state, and ignores what else it does not
//     know.
//
// Comments:
//
//   - The record that a comment is on must exist; else 422. Once it is deleted,
//     its comments respond with 404; once it is merged, they are on the other record.
//   - Only its author deletes a comment, as only its author changes it.
//   - An _id that is taken responds with 400. An _event_id must be a UUID and has no
//     effect. Blocks of rich text are checked for their type.
//   - In activities a comment is created, updated and deleted as an object of the
//     entity comment, with the record as the target.
//
// Access:
//
//   - Every member sees and changes every record, and so does a Workspace key:
//     grants and delegations are kept, and limit nobody.
//   - Grants exist for lists, meetings and messages (observed: docs/live-api.md,
//     O1), and for all other records. There are no messages, so each of those
//     responds with 404.
//   - Any member gives access to any record or list, once for each grantee; a second time
//     responds with 400. The grantee must be a member; else 422.
//   - Delegations are for the objects meeting and message (contract). Others response
//     404. They are one's own: another user's respond with 404. The delegate must be another
//     member, else it responds with 422, and not be one yet, else 400.
//   - viewerAccess has those who act for the user who created a meeting, as
//     entity-wide-delegate without a level.
//
// Workflows and campaigns:
//
//   - They do nothing. Any value of published_at is taken, at any time.
//   - The trigger's plugin begins with "on:". It and those of the blocks must be
//     ones that the type has; exits may have any. A block stands under its own id,
//     and where it names a block before or after it, that one must name it in
//     turn. Else it responds with 422. What else is sent is ignored.
//   - There are no workflows of the type system.
//   - A campaign is a workflow of the type sequence, and has its id. Its list is
//     the one whose id stands anywhere in the trigger's input or filters.
//   - The filter by status: pending, running, waiting and retrying are scheduled,
//     or paused if the campaign is not enabled; success, skipped and cancelled are
//     completed. Who unsubscribed is found by that as well. Of several events one
//     is enough. q looks for all words in names and email addresses. resume_at is
//     in seconds since 1970.
//   - A recipient whose person is deleted has none; one whose person is merged has
//     the other.
//
// Settings:
//
//   - Eight of them have defaults (contract). The others are missing until they are
//     set.
//   - A value must be what openapi.yaml says of the setting (contract). Else it
//     responds with 422, as do a missing value and an unknown key. Reading an unknown key responds
//     404. Nothing depends on a setting.
//
// Files:
//
//   - The operations on attachments return the record that the file belongs to.
//     enableRecording, disableRecording and uploadTranscript return the meeting.
//     uploadRecordingTranscript and confirmMediaUpload return the recording, as a
//     record of the type "recording" with the attribute meeting_id: it is how the
//     id of a recording that has a transcript only becomes known. Recordings are
//     in no collection. None of this changes the _updated_at of a record.
//   - A file that is registered or confirmed before it was uploaded responds with 422.
//     Registering it again changes its name; confirming it again changes nothing.
//   - The mime_type of an attachment is the Content-Type that it was uploaded
//     with, else null. Its source is always user. Without page, the meta of a
//     list has neither offset nor limit; page needs a limit, of any size.
//   - A recording has an id from initMediaUpload on, and a video once that is
//     confirmed. A recordingId in a body that the meeting does not have responds
//     422. Transcripts replace each other. Their times are in seconds, and the form
//     with segments responds with 422 (observed: docs/live-api.md, O4). What a recorder would record is not
//     there.
//   - Files are gone with their attachment or record, and go along with a merge.
//     An address of storage that was given out for one that is gone is refused.
//   - How the real storage signs, what its addresses look like, and how long they
//     last is not known.
//
// Reading:
//
//   - The shorthand a,b means One of (contract). So it responds with 400 for a field that
//     has not that operator.
//   - Records come in the order of _created_at, then of _id. Sorting puts
//     records without a value last in both directions; DESC is otherwise the
//     reverse of ASC. Text sorts by its bytes.
//   - Most pages have offset and limit in their meta (contract). It is not known
//     which. Here all pages have them, except responds to bulk writes and attachments
//     that come all at once.
//   - A wrong page, sortOrder, include or filter responds with 400, as does a column that
//     no collection of the kind has, even if it is empty; unknown query
//     parameters have no effect, but are violations.
//   - A negative condition (Is not, Does not contain, Not one of) also holds
//     where there is no value. The value of Is empty, Is not empty, Is set and
//     Is not set is ignored. Is set holds where a checkbox is true or false.
//   - Contains looks for a part of a text or of any item of a collection, and
//     for a whole item of a multi select. One of splits its value at commas.
//   - A date without a time stands for its whole day in UTC. Sub-second parts of
//     _deleted_at count, except that Is compares whole seconds.
//   - A dotted field names the queried object first and follows up to three
//     references (contract). A user's id is not a reference.
//   - include takes relationship properties, such as deals and company_id
//     (observed: docs/live-api.md, R2). getRecord accepts it too and responds with included.
//   - A record's relationships are called by their properties, and records of a
//     page have only those that are included (observed: docs/live-api.md, D1). So
//     have those in the response of a bulk write. A record that comes alone has
//     those that lead somewhere and that it holds itself, many-to-many ones and
//     references.
//   - In the path and in createResource relationships are called by their
//     properties, too.
//   - Ids are UUIDs that ascend in the order of creation. Those of users are
//     opaque (observed: docs/live-api.md, D5).
package clarifytest
