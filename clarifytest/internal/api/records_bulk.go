package api

import (
	"maps"
	"net/http"
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/store"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

type recordPage = collection[resource]

// createBulkRecords: POST /objects/{object}/records/bulk
func createBulkRecords(c *Call) (Reply, error) {
	spec, document, f := c.write()
	if f != nil {
		return Reply{}, f
	}
	entries, f := readEntries(spec, document["data"])
	if f == nil {
		f = checkEntries(spec, entries)
	}
	if f != nil {
		return Reply{}, f
	}
	matchOn, f := readMatchOn(spec, document)
	if f != nil {
		return Reply{}, f
	}
	response, f := c.bulk(func(change *change) ([]*store.Record, error) {
		return each(entries, func(e entry) (*store.Record, error) {
			return change.upsert(spec, e, matchOn)
		})
	})
	return Reply{http.StatusCreated, response}, f
}

// updateRecords: PATCH /objects/{object}/records
func updateRecords(c *Call) (Reply, error) {
	spec, document, f := c.write()
	if f != nil {
		return Reply{}, f
	}
	for _, name := range slices.Sorted(maps.Keys(document)) {
		if name != "data" && name != "meta" {
			return Reply{}, values.Invalid(values.Pointer("").Member(name), "The body has no member %s.", name)
		}
	}
	entries, f := readEntries(spec, document["data"], "id")
	if f != nil {
		return Reply{}, f
	}
	how, f := schema.ReadStrategies(document["meta"])
	if f == nil {
		f = how.CheckFields(allAttributes(entries))
	}
	if f != nil {
		return Reply{}, f
	}
	response, f := c.bulk(func(change *change) ([]*store.Record, error) {
		// All ids come first: one that is missing responds with 404, whatever else is
		// wrong with the values of the batch.
		for _, e := range entries {
			if _, f := change.state.Get(spec, e.id); f != nil {
				return nil, f
			}
		}
		if f := checkEntries(spec, entries); f != nil {
			return nil, f
		}
		return each(entries, func(e entry) (*store.Record, error) {
			return change.edit(change.state.Find(spec, e.id), e, how)
		})
	})
	return Reply{http.StatusOK, response}, f
}

// bulk makes a change of several records and responds with a page of them all.
func (c *Call) bulk(f func(*change) ([]*store.Record, error)) (recordPage, error) {
	response := recordPage{Data: []resource{}}
	failed := c.State.write(c.User, func(change *change) error {
		records, failed := f(change)
		for _, r := range records {
			response.Data = append(response.Data, change.state.item(r))
		}
		return failed
	})
	response.Meta.TotalRecords = len(response.Data)
	response.Meta.TotalPages = min(len(response.Data), 1)
	return response, failed
}

// each stops at the first failure, because what comes after it depends on what
// it did not do.
func each(entries []entry, f func(entry) (*store.Record, error)) ([]*store.Record, error) {
	records := make([]*store.Record, 0, len(entries))
	for _, e := range entries {
		r, failed := f(e)
		if failed != nil {
			return nil, failed
		}
		records = append(records, r)
	}
	return records, nil
}

func allAttributes(entries []entry) map[string]any {
	all := map[string]any{}
	for _, e := range entries {
		for name, value := range e.attributes {
			all[name] = value
		}
	}
	return all
}

// deleteRecords: DELETE /objects/{object}/records
func deleteRecords(c *Call) (Reply, error) {
	spec, document, f := c.write()
	if f != nil {
		return Reply{}, f
	}
	ids, f := readIDs(document["items"], "/items")
	if f != nil {
		return Reply{}, f
	}
	f = c.State.write(c.User, func(change *change) error {
		for _, id := range ids {
			r, f := change.state.Get(spec, id)
			if f != nil {
				return f
			}
			change.Remove(r)
		}
		return nil
	})
	return done, f
}
