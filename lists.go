package clarify

import (
	"context"
	"iter"
	"net/http"

	"github.com/clarify-go/clarify/gen"
)

var usersListing = &listing{operation: "getUsers", sort: true}

// Users reads the members of the workspace. It takes [OrderBy], [PageSize],
// [Limit] and [Offset]. All listings of the client read pages, and end, as
// [Records.All] does.
func (c *Client) Users(ctx context.Context, opts ...QueryOption) iter.Seq2[gen.User, error] {
	return list(ctx, c, usersListing, func(ctx context.Context, editors ...gen.RequestEditorFn) (*http.Response, error) {
		return c.GetUsers(ctx, nil, editors...)
	}, func(u *gen.User) string { return u.ID }, opts)
}

var listsListing = &listing{
	operation: "getLists",
	filter:    filterChoices,
	choices:   []choice{{field: "type"}, {field: "state"}, {field: "_created_by"}},
	sort:      true,
	search:    []string{"search"},
}

// Lists reads the lists of an object. It takes [Where] with [Is] for the fields
// type, state and _created_by, [Search], [OrderBy], [PageSize], [Limit] and
// [Offset]. [Records.InList] reads the records in a list.
func (c *Client) Lists(ctx context.Context, object string, opts ...QueryOption) iter.Seq2[gen.List, error] {
	return list(ctx, c, listsListing, func(ctx context.Context, editors ...gen.RequestEditorFn) (*http.Response, error) {
		return c.GetLists(ctx, object, nil, editors...)
	}, idOfList, opts)
}

var workspaceListsListing = &listing{
	operation: "getWorkspaceLists",
	filter:    filterChoices,
	choices:   []choice{{field: "type"}, {field: "state"}, {field: "_created_by"}, {field: "entity", many: true}},
	sort:      true,
	search:    []string{"search"},
}

// WorkspaceLists reads the lists of all objects. It takes the options of
// [Client.Lists], and [Where] with [Is] or [OneOf] for the field entity, whose values
// are names of objects.
func (c *Client) WorkspaceLists(ctx context.Context, opts ...QueryOption) iter.Seq2[gen.List, error] {
	return list(ctx, c, workspaceListsListing, func(ctx context.Context, editors ...gen.RequestEditorFn) (*http.Response, error) {
		return c.GetWorkspaceLists(ctx, nil, editors...)
	}, idOfList, opts)
}

func idOfList(l *gen.List) string { return l.ID }

var workflowsListing = &listing{
	operation: "getWorkflows",
	filter:    filterChoices,
	choices:   []choice{{field: "type"}},
	sort:      true,
}

// Workflows reads the automations and email sequences. It takes [Where] with [Is]
// for the field type, [OrderBy], [PageSize], [Limit] and [Offset].
func (c *Client) Workflows(ctx context.Context, opts ...QueryOption) iter.Seq2[gen.Workflow, error] {
	return list(ctx, c, workflowsListing, func(ctx context.Context, editors ...gen.RequestEditorFn) (*http.Response, error) {
		return c.GetWorkflows(ctx, nil, editors...)
	}, func(w *gen.Workflow) string { return w.ID }, opts)
}

var recipientsListing = &listing{
	operation: "getRecipients",
	filter:    filterChoices,
	choices:   []choice{{field: "status"}, {field: "event", many: true}},
	sort:      true,
	search:    []string{"filter", "q"},
}

// Recipients reads the people to whom a campaign is sent. It takes [Where] with [Is]
// for the field status, and with [Is] or [OneOf] for event; [Search] with at most 50
// characters; [OrderBy], [PageSize], [Limit] and [Offset].
func (c *Client) Recipients(ctx context.Context, campaignID string, opts ...QueryOption) iter.Seq2[gen.Recipient, error] {
	return list(ctx, c, recipientsListing, func(ctx context.Context, editors ...gen.RequestEditorFn) (*http.Response, error) {
		return c.GetRecipients(ctx, campaignID, nil, editors...)
	}, func(r *gen.Recipient) string { return r.ID }, opts)
}

var activitiesListing = &listing{operation: "getActivities", sort: true}

// Activities reads what happened to a record. It takes [OrderBy], [PageSize],
// [Limit] and [Offset].
func (c *Client) Activities(ctx context.Context, object, id string, opts ...QueryOption) iter.Seq2[gen.Activity, error] {
	return list(ctx, c, activitiesListing, func(ctx context.Context, editors ...gen.RequestEditorFn) (*http.Response, error) {
		return c.GetActivities(ctx, object, id, nil, editors...)
	}, idOfActivity, opts)
}

var schemaActivitiesListing = &listing{operation: "getSchemaActivities", sort: true}

// SchemaActivities reads what happened to the schema of an object. It takes
// [OrderBy], [PageSize], [Limit] and [Offset].
func (c *Client) SchemaActivities(ctx context.Context, object string, opts ...QueryOption) iter.Seq2[gen.Activity, error] {
	return list(ctx, c, schemaActivitiesListing, func(ctx context.Context, editors ...gen.RequestEditorFn) (*http.Response, error) {
		return c.GetSchemaActivities(ctx, object, nil, editors...)
	}, idOfActivity, opts)
}

func idOfActivity(a *gen.Activity) string { return a.ID }

var attachmentsListing = &listing{operation: "listRecordAttachments", paging: pagingOnDemand}

// Attachments reads the list of a record's files. It takes [PageSize], [Limit] and
// [Offset]; without any of them the API returns all files in one response.
func (c *Client) Attachments(ctx context.Context, object, id string, opts ...QueryOption) iter.Seq2[gen.Attachment, error] {
	return list(ctx, c, attachmentsListing, func(ctx context.Context, editors ...gen.RequestEditorFn) (*http.Response, error) {
		return c.ListRecordAttachments(ctx, object, id, nil, editors...)
	}, func(a *gen.Attachment) string { return a.ID }, opts)
}

var schemasListing = &listing{operation: "getSchemas", paging: pagingNone}

// Schemas reads the schemas of all objects, the custom ones included. It takes
// [Limit].
func (c *Client) Schemas(ctx context.Context, opts ...QueryOption) iter.Seq2[gen.Schema, error] {
	return list(ctx, c, schemasListing, func(ctx context.Context, editors ...gen.RequestEditorFn) (*http.Response, error) {
		return c.GetSchemas(ctx, editors...)
	}, func(s *gen.Schema) string { return s.ID }, opts)
}
