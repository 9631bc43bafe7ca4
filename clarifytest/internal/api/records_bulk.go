package api

import (
	"maps"
	"net/http"
	"slices"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/store"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

type recordPage = pageDocument[resource]

// createBulkRecords: POST /objects/{object}/records/bulk
func createBulkRecords(c *Call) (Response, error) {
	spec, document, err := c.objectAndDocument()
	if err != nil {
		return Response{}, err
	}
	entries, err := readEntries(spec, document["data"])
	if err == nil {
		err = checkEntries(spec, entries)
	}
	if err != nil {
		return Response{}, err
	}
	matchOn, err := readMatchOn(spec, document)
	if err != nil {
		return Response{}, err
	}
	response, err := c.bulk(func(change *change) ([]*store.Record, error) {
		return each(entries, func(e entry) (*store.Record, error) {
			return change.upsert(spec, e, matchOn)
		})
	})
	return Response{http.StatusCreated, response}, err
}

// updateRecords: PATCH /objects/{object}/records
func updateRecords(c *Call) (Response, error) {
	spec, document, err := c.objectAndDocument()
	if err != nil {
		return Response{}, err
	}
	for _, name := range slices.Sorted(maps.Keys(document)) {
		if name != "data" && name != "meta" {
			return Response{}, values.Invalid(values.Pointer("").Member(name), "The body has no member %s.", name)
		}
	}
	entries, err := readEntries(spec, document["data"], "id")
	if err != nil {
		return Response{}, err
	}
	how, err := schema.ReadStrategies(document["meta"])
	if err == nil {
		err = how.CheckFields(allAttributes(entries))
	}
	if err != nil {
		return Response{}, err
	}
	response, err := c.bulk(func(change *change) ([]*store.Record, error) {
		// All ids come first: one that is missing responds with 404, whatever else is
		// wrong with the values of the batch.
		for _, e := range entries {
			if _, err := change.state.Get(spec, e.id); err != nil {
				return nil, err
			}
		}
		if err := checkEntries(spec, entries); err != nil {
			return nil, err
		}
		return each(entries, func(e entry) (*store.Record, error) {
			return change.edit(change.state.Find(spec, e.id), e, how)
		})
	})
	return Response{http.StatusOK, response}, err
}

// bulk makes a change of several records and responds with a page of them all.
func (c *Call) bulk(f func(*change) ([]*store.Record, error)) (recordPage, error) {
	response := recordPage{Data: []resource{}}
	err := c.State.write(c.User, func(change *change) error {
		records, err := f(change)
		for _, r := range records {
			response.Data = append(response.Data, change.state.item(r))
		}
		return err
	})
	response.Meta.TotalRecords = len(response.Data)
	response.Meta.TotalPages = min(len(response.Data), 1)
	return response, err
}

// each stops at the first failure, because what comes after it depends on what
// it did not do.
func each(entries []entry, f func(entry) (*store.Record, error)) ([]*store.Record, error) {
	records := make([]*store.Record, 0, len(entries))
	for _, e := range entries {
		r, err := f(e)
		if err != nil {
			return nil, err
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
func deleteRecords(c *Call) (Response, error) {
	spec, document, err := c.objectAndDocument()
	if err != nil {
		return Response{}, err
	}
	ids, err := readIDs(document["items"], "/items")
	if err != nil {
		return Response{}, err
	}
	err = c.State.write(c.User, func(change *change) error {
		for _, id := range ids {
			r, err := change.state.Get(spec, id)
			if err != nil {
				return err
			}
			change.Remove(r)
		}
		return nil
	})
	return done, err
}
