package clarifytest

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
func createRecord(c *call) (reply, error) {
	spec, document, f := c.write()
	if f != nil {
		return reply{}, f
	}
	e, f := readEntry(spec, document["data"], "/data")
	if f == nil {
		f = e.check(spec)
	}
	if f != nil {
		return reply{}, f
	}
	matchOn, f := readMatchOn(spec, document)
	if f != nil {
		return reply{}, f
	}
	var response recordDocument
	f = c.state.write(c.user, func(change *change) error {
		r, f := change.upsert(spec, e, matchOn)
		if f != nil {
			return f
		}
		response.Data = change.state.resource(r)
		return nil
	})
	return reply{http.StatusCreated, response}, f
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
	if c.state.quirks.readOnlyMeetings && synced(r) {
		return nil, failAt(http.StatusForbidden, e.at, "The meeting %s was synced from a calendar and is read-only: its event_id does not begin with %q.", r.ID, schema.AdHocPrefix)
	}
	return c.Update(r, e.attributes, how, e.attributesAt())
}

// getRecord: GET /objects/{object}/records/{id}
func getRecord(c *call) (reply, error) {
	data, included, f := c.one()
	if f != nil {
		return reply{}, f
	}
	response := recordDocument{Data: data}
	if c.query.Has("include") {
		response.Included = &included
	}
	return reply{http.StatusOK, response}, nil
}

// one reads the record that the path names, and those related to it that the
// query asks for.
func (c *call) one() (data resource, included []resource, f error) {
	spec, f := c.object()
	if f != nil {
		return resource{}, nil, f
	}
	inclusions, f := c.readInclude(spec)
	if f != nil {
		return resource{}, nil, f
	}
	s := c.state
	f = s.Read(func() error {
		r, f := s.Get(spec, c.request.PathValue("id"))
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
func updateRecord(c *call) (reply, error) {
	spec, document, f := c.write()
	if f != nil {
		return reply{}, f
	}
	if spec.Custom() && c.quirks.customObjectPatch {
		return reply{}, fail(http.StatusInternalServerError, "The live API is reported to fail here for custom objects. Use updateRecords, or see WithQuirkCustomObjectPatch.")
	}
	id := c.request.PathValue("id")
	e, f := readEntry(spec, document["data"], "/data", "id")
	if f == nil && e.id != id {
		f = values.Invalid("/data/id", "The id must be the one that the address names.")
	}
	if f != nil {
		return reply{}, f
	}
	how, f := schema.ReadStrategies(document["meta"])
	if f == nil {
		f = how.CheckFields(e.attributes)
	}
	if f != nil {
		return reply{}, f
	}
	var response recordDocument
	f = c.state.write(c.user, func(change *change) error {
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
	return reply{http.StatusOK, response}, f
}

// deleteRecord: DELETE /objects/{object}/records/{id}
func deleteRecord(c *call) (reply, error) {
	spec, f := c.object()
	if f == nil {
		f = readSilent(c.query)
	}
	if f != nil {
		return reply{}, f
	}
	f = c.state.write(c.user, func(change *change) error {
		r, f := change.state.Get(spec, c.request.PathValue("id"))
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
var done = reply{http.StatusOK, struct{}{}}

// withoutContent returns what an operation responds with that was seen to have
// no body where the contract has a reply.
func (c *call) withoutContent(contract reply) reply {
	if c.quirks.noContent {
		return reply{status: http.StatusNoContent}
	}
	return contract
}

// write reads what all operations with a body have in common.
func (c *call) write() (*schema.Object, map[string]any, error) {
	spec, f := c.object()
	if f != nil {
		return nil, nil, f
	}
	document, f := c.input()
	return spec, document, f
}

// input reads what all writes with a body have in common: silent, and the body.
func (c *call) input() (map[string]any, error) {
	if f := readSilent(c.query); f != nil {
		return nil, f
	}
	return c.document()
}
