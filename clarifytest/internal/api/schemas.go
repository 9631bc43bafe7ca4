package api

import (
	"encoding/base64"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
	"github.com/clarify-go/clarify/internal/contract"
)

type schemaPage struct {
	Links struct {
		Next *string `json:"next"`
	} `json:"links"`
	Data []schema.Resource `json:"data"`
}

type schemaDocument struct {
	Data schema.Resource `json:"data"`
}

// entity returns the object whose schema the path names.
func (c *Call) entity() (*schema.Object, error) {
	spec := c.schemas.Find(c.Request.PathValue("entity"))
	if spec == nil {
		return nil, NotFound("There is no object of this name.")
	}
	return spec, nil
}

// getSchemas: GET /schemas
func getSchemas(c *Call) (Response, error) {
	all := c.schemas.Listing()
	p := page{limit: schemasPerPage}
	if c.Query.Has(contract.SchemaCursor) {
		var err error
		if p.offset, err = readCursor(c.Query[contract.SchemaCursor]); err != nil {
			return Response{}, err
		}
	}
	response := schemaPage{Data: append([]schema.Resource{}, part(p, all)...)}
	if next := p.offset + p.limit; next < int64(len(all)) {
		query := maps.Clone(c.Query)
		query.Set(contract.SchemaCursor, newCursor(next))
		response.Links.Next = c.linkTo(query)
	}
	return Response{http.StatusOK, response}, nil
}

// schemasPerPage is so few that the definitions and the workspace's own objects
// are not on the first page. How many the API has on one is not known.
const schemasPerPage = 10

// A cursor means nothing to those who get it: L2.
const cursorPrefix = "schemas:"

func newCursor(offset int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(cursorPrefix + strconv.FormatInt(offset, 10)))
}

func readCursor(sent []string) (int64, error) {
	if len(sent) > 1 {
		return 0, BadRequest("The parameter cursor is sent more than once.")
	}
	text, err := base64.RawURLEncoding.DecodeString(sent[0])
	digits, ok := strings.CutPrefix(string(text), cursorPrefix)
	offset, invalid := strconv.ParseInt(digits, 10, 64)
	if err != nil || invalid != nil || !ok || offset < 0 {
		return 0, BadRequest("The cursor %q is none that links.next has.", sent[0])
	}
	return offset, nil
}

// createCustomObject: POST /schemas/objects
func createCustomObject(c *Call) (Response, error) {
	document, err := c.input()
	if err == nil {
		err = c.conform(document, "NewCustomObject", "")
	}
	if err != nil {
		return Response{}, err
	}
	name, _ := document["name"].(string)
	plural, _ := document["plural"].(string)
	definitions, _ := document["properties"].(map[string]any)
	members := schema.JSON{}
	for from, to := range map[string]string{"description": "description", "icon": schema.KeyIcon, "backgroundColor": schema.KeyColor} {
		if value, has := document[from]; has {
			members[to] = value
		}
	}
	made, err := c.schemas.NewCustom(name, plural, members, definitions)
	if err != nil {
		return Response{}, err
	}
	err = c.State.write(c.User, func(change *change) error {
		s := change.state
		if err := s.CheckIdle(); err != nil {
			return err
		}
		if s.Schemas.Find(made.Name) != nil {
			return failAt(http.StatusBadRequest, "/name", "There is an object %s already.", made.Name)
		}
		d := s.Schemas.Draft()
		d.Put(made)
		change.SetSchemas(d.Set())
		return nil
	})
	return Response{http.StatusCreated, schemaDocument{made.Resource()}}, err
}

// updateEntitySchema: PUT /schemas/objects/{object}
func updateEntitySchema(c *Call) (Response, error) {
	spec, document, err := c.objectAndDocument()
	if err != nil {
		return Response{}, err
	}
	return c.changeSchemas(func(d *schema.Draft) error { return d.Replace(spec, document) })
}

// deleteCustomObject: DELETE /schemas/objects/{object}
func deleteCustomObject(c *Call) (Response, error) {
	spec, err := c.object()
	if err == nil {
		err = readSilent(c.Query)
	}
	if err != nil {
		return Response{}, err
	}
	return c.changeSchemas(func(d *schema.Draft) error {
		if !spec.Custom() {
			return Fail(http.StatusUnprocessableEntity, "Only custom objects can be deleted: %s is not one.", spec.Name)
		}
		d.RemoveObject(spec.Name)
		return nil
	})
}

// changeSchemas has a change made in the background, and responds with its task.
func (c *Call) changeSchemas(f func(*schema.Draft) error) (Response, error) {
	var task asyncTask
	err := c.State.write(c.User, func(change *change) error {
		task = change.schemaTask()
		return change.ChangeSchemas(c.SchemaLag, f)
	})
	return Response{http.StatusOK, map[string]any{"data": task}}, err
}

// accept is changeSchemas for operations that response without the task.
func (c *Call) accept(f func(*schema.Draft) error) (Response, error) {
	err := c.State.write(c.User, func(change *change) error {
		return change.ChangeSchemas(c.SchemaLag, f)
	})
	return Response{http.StatusAccepted, struct{}{}}, err
}

type asyncTask struct {
	Type       string              `json:"type"`
	ID         string              `json:"id"`
	Attributes asyncTaskAttributes `json:"attributes"`
}

type asyncTaskAttributes struct {
	ID          string  `json:"_id"`
	UserID      string  `json:"user_id"`
	Type        string  `json:"type"`
	Progress    int     `json:"progress"`
	Total       *int    `json:"total"`
	QueuedAt    string  `json:"queued_at"`
	StartedAt   *string `json:"started_at"`
	CompletedAt *string `json:"completed_at"`
	FailedAt    *string `json:"failed_at"`
	ErrorCode   *string `json:"error_code"`
	CreatedAt   string  `json:"_created_at"`
	UpdatedAt   string  `json:"_updated_at"`
}

// schemaTask is the task that makes a change of the schemas, as it begins. No
// operation reads it back, so that nothing keeps it.
func (c *change) schemaTask() asyncTask {
	id, now := c.state.NewID(), values.FormatTime(c.Now)
	return asyncTask{Type: "async-task", ID: id, Attributes: asyncTaskAttributes{
		ID:        id,
		UserID:    c.User,
		Type:      "schema_modification",
		QueuedAt:  now,
		CreatedAt: now,
		UpdatedAt: now,
	}}
}
