package clarify_test

import (
	"encoding/json"
	"testing"

	"github.com/clarify-go/clarify"
)

// selfish has a field of the system's.
type selfish struct {
	Name    string `json:"name,omitempty"`
	Created string `json:"_created_at"`
}

func TestWriteThatTheAPIWouldRejectIsNotSent(t *testing.T) {
	type person = clarify.Person
	ctx := t.Context()
	var none *clarify.Person
	for name, test := range map[string]struct {
		call  func(*clarify.Client) error
		words []string
	}{
		"create with a system field": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[selfish](c, "person").Create(ctx, selfish{Name: "x"})
			return err
		}, []string{`"_created_at"`, "system", "leave"}},
		"create with several": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[map[string]any](c, "person").Create(ctx, map[string]any{"_x": 1, "_id": 2, "x": 3})
			return err
		}, []string{`"_id", "_x"`}},
		"create of what was read": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Create(ctx, person{System: clarify.System{ID: "x"}})
			return err
		}, []string{`"_id"`, "System"}},
		"create with an id": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[map[string]any](c, "person").Create(ctx, map[string]any{"id": "x"})
			return err
		}, []string{`"id"`, "API chooses"}},
		"create of a list": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[[]string](c, "person").Create(ctx, []string{"x"})
			return err
		}, []string{"object", "[]string", "a list"}},
		"create of null": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[map[string]any](c, "person").Create(ctx, nil)
			return err
		}, []string{"object", "null"}},
		"create of a text": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[string](c, "person").Create(ctx, "x")
			return err
		}, []string{"object", "a string"}},
		"create of a number": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[int](c, "person").Create(ctx, 1)
			return err
		}, []string{"object", "a number"}},
		"create of a boolean": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[bool](c, "person").Create(ctx, true)
			return err
		}, []string{"object", "true or false"}},
		"create of nothing": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[json.RawMessage](c, "person").Create(ctx, json.RawMessage{})
			return err
		}, []string{"cannot encode"}},
		"create of what is not JSON": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[json.RawMessage](c, "person").Create(ctx, json.RawMessage("{"))
			return err
		}, []string{"cannot encode"}},
		"create of attributes that cannot be encoded": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[map[string]any](c, "person").Create(ctx, map[string]any{"f": func() {}})
			return err
		}, []string{"cannot encode"}},
		"create with a number that is none": {func(c *clarify.Client) error {
			_, err := clarify.Deals(c).Create(ctx, clarify.Deal{Amount: "1,50"})
			return err
		}, []string{"cannot encode", "1,50"}},
		"create with a strategy": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Create(ctx, person{JobTitle: "x"}, clarify.Append("labels"))
			return err
		}, []string{"Append", "Update"}},
		"match on nothing": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Create(ctx, person{JobTitle: "x"}, clarify.MatchOn(""))
			return err
		}, []string{"MatchOn", "empty"}},
		"match on two": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Create(ctx, person{JobTitle: "x"}, clarify.MatchOn("a"), clarify.MatchOn("b"))
			return err
		}, []string{"MatchOn", `"a"`, `"b"`}},
		"match on what is not there": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Create(ctx, person{JobTitle: "x"}, clarify.MatchOn("email_addresses"))
			return err
		}, []string{`MatchOn "email_addresses"`, "no value"}},
		"match on none of several": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Create(ctx, person{EmailAddresses: clarify.Collection{}}, clarify.MatchOn("email_addresses"))
			return err
		}, []string{"no value"}},
		"match on null": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Create(ctx, person{Extra: clarify.Fields{"c_key": nil}}, clarify.MatchOn("c_key"))
			return err
		}, []string{"no value"}},
		"no option": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Create(ctx, person{JobTitle: "x"}, nil)
			return err
		}, []string{"nil"}},
		"create of an object with no name": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[person](c, "").Create(ctx, person{})
			return err
		}, []string{"object", "empty"}},
		"update of nothing": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", person{})
			return err
		}, []string{"empty", "null"}},
		"update of no fields": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", clarify.Fields{})
			return err
		}, []string{"empty"}},
		"update of nil": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", nil)
			return err
		}, []string{"object", "null"}},
		"update of a nil pointer": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", none)
			return err
		}, []string{"object", "null"}},
		"update of an id": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", clarify.Fields{"id": "y"})
			return err
		}, []string{`"id"`, "cannot be changed"}},
		"update of a system field": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", clarify.Fields{"_created_by": nil})
			return err
		}, []string{`"_created_by"`}},
		"update with match_on": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", person{JobTitle: "x"}, clarify.MatchOn("job_title"))
			return err
		}, []string{"MatchOn", "Create"}},
		"a strategy for nothing": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", person{JobTitle: "x"}, clarify.Append())
			return err
		}, []string{"Append", "no field"}},
		"a strategy for what is not changed": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", person{JobTitle: "x"}, clarify.Append("labels"))
			return err
		}, []string{`Append "labels"`}},
		"append to a text": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", person{JobTitle: "x"}, clarify.Append("job_title"))
			return err
		}, []string{`Append "job_title"`, "collection"}},
		"remove from a list": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", clarify.Fields{"l": []string{}}, clarify.Remove("l"))
			return err
		}, []string{`Remove "l"`, "collection"}},
		"replace with null": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", clarify.Fields{"l": nil}, clarify.Replace("l"))
			return err
		}, []string{`Replace "l"`, "collection"}},
		"merge into a text": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", person{JobTitle: "x"}, clarify.Merge("job_title"))
			return err
		}, []string{`Merge "job_title"`, "an object"}},
		"two strategies for a field": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "x", person{Labels: clarify.Collection{"x"}}, clarify.Append("labels"), clarify.Remove("labels"))
			return err
		}, []string{`Remove "labels"`, "another"}},
		"update of no record": {func(c *clarify.Client) error {
			_, err := clarify.People(c).Update(ctx, "", person{JobTitle: "x"})
			return err
		}, []string{`"id"`, "empty"}},
		"update of no custom record": {func(c *clarify.Client) error {
			_, err := clarify.NewRecords[person](c, "c_x").Update(ctx, "", person{JobTitle: "x"})
			return err
		}, []string{"id"}},
		"get of no record":     {func(c *clarify.Client) error { _, err := clarify.People(c).Get(ctx, ".."); return err }, []string{`"id"`, `".."`}},
		"delete of no record":  {func(c *clarify.Client) error { return clarify.People(c).Delete(ctx, "") }, []string{`"id"`, "empty"}},
		"delete of none":       {func(c *clarify.Client) error { return clarify.People(c).Delete(ctx) }, []string{"ids", "empty"}},
		"delete of an empty":   {func(c *clarify.Client) error { return clarify.People(c).Delete(ctx, "x", "") }, []string{"ids[1]"}},
		"delete of a dot":      {func(c *clarify.Client) error { return clarify.People(c).Delete(ctx, ".", "x") }, []string{"ids[0]", `"."`}},
		"merge of none":        {func(c *clarify.Client) error { return clarify.People(c).Merge(ctx, "x") }, []string{"sources", "empty"}},
		"merge of an empty":    {func(c *clarify.Client) error { return clarify.People(c).Merge(ctx, "x", "") }, []string{"sources[0]"}},
		"merge into itself":    {func(c *clarify.Client) error { return clarify.People(c).Merge(ctx, "x", "y", "x") }, []string{`"x"`, "itself"}},
		"merge into no record": {func(c *clarify.Client) error { return clarify.People(c).Merge(ctx, "", "y") }, []string{`"record"`, "empty"}},
		"link to none":         {func(c *clarify.Client) error { return clarify.People(c).Link(ctx, "x", "deals") }, []string{"refs", "empty"}},
		"link to no record": {func(c *clarify.Client) error {
			return clarify.People(c).Link(ctx, "x", "deals", clarify.Ref{Type: "deal"})
		}, []string{"refs[0]"}},
		"link to no object": {func(c *clarify.Client) error {
			return clarify.People(c).Link(ctx, "x", "deals", clarify.Ref{ID: "d"})
		}, []string{"refs[0]", "type"}},
		"link by nothing": {func(c *clarify.Client) error {
			return clarify.People(c).Link(ctx, "x", "", clarify.Ref{Type: "deal", ID: "d"})
		}, []string{`"relationship"`, "empty"}},
		"unlink of none": {func(c *clarify.Client) error { return clarify.People(c).Unlink(ctx, "x", "deals") }, []string{"refs", "empty"}},
		"related to nothing": {func(c *clarify.Client) error {
			_, err := collect(t, clarify.People(c).Related(ctx, "x", "."))
			return err
		}, []string{`"relationship"`}},
		"in no list": {func(c *clarify.Client) error {
			_, err := collect(t, clarify.People(c).InList(ctx, ""))
			return err
		}, []string{`"list"`}},
	} {
		t.Run(name, func(t *testing.T) {
			f := responding(t, 200, oneRecord)
			wantNotSent(t, f, test.call(f.client(t)), test.words...)
		})
	}
}
