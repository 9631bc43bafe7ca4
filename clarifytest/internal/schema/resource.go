package schema

import (
	"encoding/json"
	"maps"
)

// Where the response of createCustomObject has what its request calls icon and
// backgroundColor.
const (
	KeyIcon  = "xClarifyIcon"
	KeyColor = "xClarifyBackgroundColor"
)

// A Resource is a schema as it is listed.
type Resource struct {
	Type       string `json:"type"`
	ID         string `json:"id"`
	Attributes JSON   `json:"attributes"`

	others map[string]any // the other members
}

// MarshalJSON encodes the resource with its other members.
func (r Resource) MarshalJSON() ([]byte, error) {
	members := maps.Clone(r.others)
	if members == nil {
		members = map[string]any{}
	}
	members["type"], members["id"], members["attributes"] = r.Type, r.ID, r.Attributes
	return json.Marshal(members)
}

// coreDocument is a schema that is no object of the workspace's.
func coreDocument(name string, members JSON) Resource {
	document := maps.Clone(members)
	document["$id"] = coreBase + name
	document["$schema"] = schemaDialect
	document["title"] = name
	document[keyNamespace] = "core"
	return newResource(document)
}

func newResource(document JSON) Resource {
	id, _ := document["$id"].(string)
	return Resource{Type: "schema", ID: id, Attributes: document}
}

// Resource renders the schema of an object.
func (o *Object) Resource() Resource { return newResource(o.Whole()) }

// Listing returns all schemas in the order in which they are listed: the objects
// of every workspace, as core/NAME without and as entities/NAME with what the
// workspace has added, those without records, the definitions that they refer to,
// and the workspace's own objects (S2). The order is assumed, except that custom
// objects come late (L2).
func (s *Set) Listing() []Resource {
	if s.origin != nil {
		return s.origin.listing(s)
	}
	var all, custom []Resource
	for _, o := range Standard().Under(s.rules).Objects {
		document := o.Whole()
		delete(document, keyLabel)
		all = append(all, coreDocument(o.Name, document))
	}
	for _, o := range s.Objects {
		if o.Custom() {
			custom = append(custom, o.Resource())
		} else {
			all = append(all, o.Resource())
		}
	}
	if s.rules.ObjectsWithoutRecords {
		all = append(all, withoutRecords(s.rules)...)
	}
	for _, d := range coreSchemas {
		all = append(all, coreDocument(d.name, d.schema))
	}
	return append(all, custom...)
}

// listing returns the documents of the origin as the objects of a set are now, and then
// the objects that it did not have.
func (from *origin) listing(s *Set) []Resource {
	var all []Resource
	listed := map[string]bool{}
	for _, d := range from.documents {
		resource := d.Resource
		if d.object != "" {
			o := s.Find(d.object)
			if o == nil {
				continue
			}
			resource.Attributes = o.Whole()
			listed[o.Name] = true
		}
		all = append(all, resource)
	}
	for _, o := range s.Objects {
		if !listed[o.Name] {
			all = append(all, o.Resource())
		}
	}
	return all
}

// haveNoRecords are the objects that are listed and have no records.
var haveNoRecords = map[string]bool{"meeting_recording": true, "user": true}

// withoutRecords are the objects that are listed and have no records: R4. Their
// fields are assumed.
func withoutRecords(r Rules) []Resource {
	var all []Resource
	for _, o := range []struct {
		name, title, titles string
		properties          []property
	}{
		{"meeting_recording", "Recording", "Recordings", []property{
			{"title", primary(textField("Title"))},
			{"meeting_id", textField("Meeting")},
		}},
		{"user", "User", "Users", []property{
			{"name", primary(nameOfPerson("Name"))},
			{"email", withFormat(textField("Email"), formatEmail)},
		}},
	} {
		fields := systemFieldsOf()
		for i, p := range o.properties {
			fields[p.name] = newField(p.name, ranked(p.schema, i+1))
		}
		document := objectDocument(o.name, JSON{"title": o.title, keyLabel: labels(o.title, o.titles)})
		spec := newObject(o.name, "", document, fields)
		all = append(all, NewSet(r, []*Object{spec}).Find(o.name).Resource())
	}
	return all
}
