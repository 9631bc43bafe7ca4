// Package backup writes a workspace to a directory, and restores it into an empty one.
//
// [Write] reads everything that the API lets a program read: schemas, records, links,
// lists, comments, activities, attachments, users, workflows and settings, and with
// options files and grants. [Restore] creates all of that again, in the order in which
// one needs the other, and reports what cannot be restored and why.
//
// # Format
//
// A backup is a directory of NDJSON files: UTF-8, one JSON value a line. What the API
// sent is in them as it was sent. Names of files that are made from the names of objects
// or from ids may be digests; the manifest says which file is which.
//
//	manifest.json             a [Manifest]: version, files, sizes, digests. Written last
//	schemas.ndjson            each schema, as getSchemas lists it
//	users.ndjson              each user, as getUsers lists it
//	settings.ndjson           {"key", "value"}
//	workflows.ndjson          each workflow, as getWorkflows lists it
//	lists.ndjson              each list, as getWorkspaceLists lists it
//	members.ndjson            {"list", "id"}: the records in static lists
//	records/OBJECT.ndjson     each record: {"type", "id", "attributes"}
//	links/OBJECT.ndjson       {"id", "field", "to": [{"type", "id"}]}
//	activities/OBJECT.ndjson  {"id", "activity"}
//	comments/OBJECT.ndjson    each comment, as getComment returns it
//	attachments/OBJECT.ndjson {"id", "attachment", "file"}: file is missing without files
//	grants/OBJECT.ndjson      {"id", "grant"}
//	files/OBJECT/ID           the files of the records
//
// A directory without manifest.json is a backup that did not end. Members that a program
// does not know are to be ignored. A format that is not compatible has another version.
package backup
