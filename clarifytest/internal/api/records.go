package api

import (
	"net/http"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/store"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

type recordDocument struct {
	Data     resource    `json:"data"`
	Included *[]resource `json:"included,omitempty"`
}

// createRecord: POST /objects/{object}/records
func createRecord(c *Call) (Reply, error) {
	spec, document, f := c.write()
	if f != nil {
		return Reply{}, f
	}
	e, f := readEntry(spec, document["data"], "/data")
	if f == nil {
		f = e.check(spec)
	}
	if f != nil {
		return Reply{}, f
	}
	matchOn, f := readMatchOn(spec, document)
	if f != nil {
		return Reply{}, f
	}
	var response recordDocument
	f = c.State.write(c.User, func(change *change) error {
		r, f := change.upsert(spec, e, matchOn)
		if f != nil {
			return f
		}
		response.Data = change.state.resource(r)
		return nil
	})
	return Reply{http.StatusCreated, response}, f
}

// upsert updates the record that has the entry's value of the field matchOn, and
// else creates one.
func (c *change) upsert(spec *schema.Object, e entry, matchOn string) (*store.Record, error) {
	var match *store.Record
	if matchOn != "" {
		var f error
		if match, f = c.state.Match(spec, matchOn, e.attributes[matchOn], e.attributesAt().Member(matchOn)); f != nil {
			return nil, f
		}
	}
	if match == nil {
		return c.Insert(spec, e.attributes, e.attributesAt())
	}
	return c.edit(match, e, nil)
}

// edit changes a record as an entry says that a client sent.
func (c *change) edit(r *store.Record, e entry, how schema.Strategies) (*store.Record, error) {
	if c.state.quirks.ReadOnlyMeetings && synced(r) {
		return nil, failAt(http.StatusForbidden, e.at, "The meeting %s was synced from a calendar and is read-only: its event_id does not begin with %q.", r.ID, schema.AdHocPrefix)
	}
	return c.Update(r, e.attributes, how, e.attributesAt())
}

// getRecord: GET /objects/{object}/records/{id}
func getRecord(c *Call) (Reply, error) {
	data, included, f := c.one()
	if f != nil {
		return Reply{}, f
	}
	response := recordDocument{Data: data}
	if c.Query.Has("include") {
		response.Included = &included
	}
	return Reply{http.StatusOK, response}, nil
}

// one reads the record that the path names, and those related to it that the
// query asks for.
func (c *Call) one() (data resource, included []resource, f error) {
	spec, f := c.object()
	if f != nil {
		return resource{}, nil, f
	}
	inclusions, f := c.readInclude(spec)
	if f != nil {
		return resource{}, nil, f
	}
	s := c.State
	f = s.Read(func() error {
		r, f := s.Get(spec, c.Request.PathValue("id"))
		if f != nil {
			return f
		}
		var all []resource
		all, included = s.include([]*store.Record{r}, inclusions, s.resource)
		data = all[0]
		return nil
	})
	return data, included, f
}

// updateRecord: PATCH /objects/{object}/records/{id}
func updateRecord(c *Call) (Reply, error) {
	spec, document, f := c.write()
	if f != nil {
		return Reply{}, f
	}
	if spec.Custom() && c.Quirks.CustomObjectPatch {
		return Reply{}, Fail(http.StatusInternalServerError, "The live API is reported to fail here for custom objects. Use updateRecords, or see WithQuirkCustomObjectPatch.")
	}
	id := c.Request.PathValue("id")
	e, f := readEntry(spec, document["data"], "/data", "id")
	if f == nil && e.id != id {
		f = values.Invalid("/data/id", "The id must be the one that the address names.")
	}
	if f != nil {
		return Reply{}, f
	}
	how, f := schema.ReadStrategies(document["meta"])
	if f == nil {
		f = how.CheckFields(e.attributes)
	}
	if f != nil {
		return Reply{}, f
	}
	var response recordDocument
	f = c.State.write(c.User, func(change *change) error {
		old, f := change.state.Get(spec, id)
		if f == nil {
			f = e.check(spec)
		}
		if f != nil {
			return f
		}
		r, f := change.edit(old, e, how)
		if f != nil {
			return f
		}
		response.Data = change.state.resource(r)
		return nil
	})
	return Reply{http.StatusOK, response}, f
}

// deleteRecord: DELETE /objects/{object}/records/{id}
func deleteRecord(c *Call) (Reply, error) {
	spec, f := c.object()
	if f == nil {
		f = readSilent(c.Query)
	}
	if f != nil {
		return Reply{}, f
	}
	f = c.State.write(c.User, func(change *change) error {
		r, f := change.state.Get(spec, c.Request.PathValue("id"))
		if f != nil {
			return f
		}
		change.Remove(r)
		return nil
	})
	return c.withoutContent(done), f
}

// done is the response of an operation that has nothing to say. What the API has
// in it is not documented.
var done = Reply{http.StatusOK, struct{}{}}

// withoutContent returns what an operation responds with that was seen to have
// no body where the contract has a reply.
func (c *Call) withoutContent(contract Reply) Reply {
	if c.Quirks.NoContent {
		return Reply{Status: http.StatusNoContent}
	}
	return contract
}

// write reads what all operations with a body have in common.
func (c *Call) write() (*schema.Object, map[string]any, error) {
	spec, f := c.object()
	if f != nil {
		return nil, nil, f
	}
	document, f := c.input()
	return spec, document, f
}

// input reads what all writes with a body have in common: silent, and the body.
func (c *Call) input() (map[string]any, error) {
	if f := readSilent(c.Query); f != nil {
		return nil, f
	}
	return c.document()
}
