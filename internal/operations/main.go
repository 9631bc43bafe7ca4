// Command operations writes what is made of the list of operations:
// docs/operations.md, every operation of the API with the vendor's id, the
// request, and the calls that send it; and clarifytest/internal/api/handlers.gen.go, what
// responds to each of them in the sandbox.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/clarify-go/clarify/gen"
)

// short are the calls that say the same in fewer words, by operation id. client
// is a *clarify.Client, records a *clarify.Records.
var short = map[string][]string{
	"createBulkRecords":                     {"records.Import(ctx, inputs)", "records.ImportSeq2(ctx, inputs)"},
	"createRecord":                          {"records.Create(ctx, attributes)", "client.EnsureMeeting(ctx, query, meeting)"},
	"getResource":                           {"records.Get(ctx, id)"},
	"getResources":                          {"records.All(ctx)", "records.Pages(ctx)", "client.FindMeetings(ctx, query)", "client.PeopleByEmail(ctx, emails...)"},
	"updateRecord":                          {"records.Update(ctx, id, changes)"},
	"updateRecords":                         {"records.BulkUpdate(ctx, changes)", "records.BulkUpdateSeq2(ctx, changes)"},
	"deleteRecord":                          {"records.Delete(ctx, id)"},
	"deleteRecords":                         {"records.BulkDelete(ctx, ids)", "records.BulkDeleteSeq2(ctx, ids)", "records.Delete(ctx, ids...)"},
	"mergeRecords":                          {"records.Merge(ctx, id, sources...)"},
	"getDeletedResources":                   {"records.Deleted(ctx)"},
	"getListResources":                      {"records.InList(ctx, list)", "records.InListPages(ctx, list)"},
	"getRecordRelationships":                {"records.Related(ctx, id, relationship)"},
	"updateRecordRelationship":              {"records.Link(ctx, id, relationship, refs...)"},
	"deleteRecordRelationship":              {"records.Unlink(ctx, id, relationship, refs...)"},
	"getActivities":                         {"client.Activities(ctx, object, id)"},
	"getSchemaActivities":                   {"client.SchemaActivities(ctx, object)"},
	"getRecipients":                         {"client.Recipients(ctx, campaignID)"},
	"getLists":                              {"client.Lists(ctx, object)"},
	"getWorkspaceLists":                     {"client.WorkspaceLists(ctx)"},
	"getSchemas":                            {"client.Schema(ctx)", "client.Schemas(ctx)"},
	"getUsers":                              {"client.Users(ctx)"},
	"getWorkflows":                          {"client.Workflows(ctx)"},
	"listRecordAttachments":                 {"client.Attachments(ctx, object, id)"},
	"getSignedUrlForRecordAttachmentUpload": {"client.UploadAttachment(ctx, object, id, name, reader, size)"},
	"addRecordAttachment":                   {"client.UploadAttachment(ctx, object, id, name, reader, size)"},
	"getRecordAttachment":                   {"client.DownloadAttachment(ctx, object, id, attachmentID, writer)"},
	"initMediaUpload":                       {"client.UploadRecording(ctx, meetingID, contentType, reader, size)"},
	"confirmMediaUpload":                    {"client.UploadRecording(ctx, meetingID, contentType, reader, size)"},
	"createComment":                         {"client.AddComment(ctx, about, message)"},
	"getComment":                            {"client.Comment(ctx, id)"},
	"updateComment":                         {"client.EditComment(ctx, id, message)"},
	"deleteComment":                         {"client.RemoveComment(ctx, id)"},
	"uploadTranscript":                      {"client.AddTranscript(ctx, meetingID, segments)"},
	"uploadRecordingTranscript":             {"client.AddRecordingTranscript(ctx, meetingID, segments)"},
	"getListRowsCsv":                        {"client.ExportList(ctx, object, list, writer)"},
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: operations DOCUMENT HANDLERS")
		os.Exit(2)
	}
	err := into(os.Args[1], write)
	if err == nil {
		err = into(os.Args[2], writeHandlers)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "operations:", err)
		os.Exit(1)
	}
}

func into(file string, write func(io.Writer) error) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		return errors.Join(err, f.Close())
	}
	return f.Close()
}

func write(w io.Writer) error {
	operations := gen.Operations()
	fmt.Fprintf(w, `<!-- Made from openapi.yaml by internal/operations. Do not edit. -->

# Operations

All %d operations of the API. The vendor's id is the one in Clarify's own documentation, the path is
below %s. The generated call is a method of gen.ClientWithResponses
and of clarify.Client. Where there is a shorter one, client is a *clarify.Client and records a
*clarify.Records, made by clarify.People(client) and its like or by clarify.NewRecords[T](client, object).
`, len(operations), "`"+gen.ServerURL+"`")
	var tags []string
	byTag := map[string][]gen.Operation{}
	for _, op := range operations {
		if byTag[op.Tag] == nil {
			tags = append(tags, op.Tag)
		}
		byTag[op.Tag] = append(byTag[op.Tag], op)
	}
	for _, tag := range tags {
		fmt.Fprintf(w, "\n## %s\n\n| id | | request | generated call | short call |\n|---|---|---|---|---|\n", tag)
		for _, op := range byTag[tag] {
			var calls []string
			for _, call := range short[op.ID] {
				calls = append(calls, "`"+call+"`")
			}
			fmt.Fprintf(w, "| %s | %s | `%s %s` | `%sWithResponse` | %s |\n", op.ID, op.Summary, op.Method, op.Path, op.Name, strings.Join(calls, ", "))
		}
	}
	return nil
}
