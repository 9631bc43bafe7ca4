package backup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/clarify-go/clarify"
)

// schemas makes the schemas of the workspace have what those of the backup have. It
// compares both, so it can be repeated.
func (r *restore) schemas(ctx context.Context) (err error) {
	if r.source, err = schemaOf(r.dir); err != nil {
		return err
	}
	if err := r.readTarget(ctx); err != nil {
		return err
	}
	tried := map[string]bool{}
	for {
		c := r.nextChange(tried)
		if c == nil {
			break
		}
		tried[c.name] = true
		err := c.send(ctx)
		switch {
		case errors.Is(err, clarify.ErrOutcomeUnknown):
			tried[c.name] = false // the schema shows what it is now
			err = r.pause(ctx, time.Second)
		case err == nil && c.isThere != nil:
			err = r.await(ctx, c)
		case err != nil && isAbout(err):
			if c.problem != nil {
				r.problems.add(c.problem.What, c.problem.Object, c.problem.Field, "", reasonOf(err))
			}
			err = nil
		}
		if err == nil {
			err = r.readTarget(ctx)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		r.report(Progress{Step: "schemas", Object: c.object, Done: len(tried)})
	}
	r.sortObjects()
	return nil
}

func (r *restore) readTarget(ctx context.Context) (err error) {
	r.target, err = r.client.Schema(ctx)
	return err
}

// schemaChange is a change of a schema.
type schemaChange struct {
	name, object string
	send         func(context.Context) error
	// isThere reports whether the schema has the change, which the API makes in the
	// background. It is nil if nothing depends on it.
	isThere func() bool
	problem *Problem // what is reported if the API rejects it, nil if nothing is yet
}

// await waits until a change is in the schema.
func (r *restore) await(ctx context.Context, c *schemaChange) error {
	wait, waited := 100*time.Millisecond, time.Duration(0)
	for {
		if err := r.readTarget(ctx); err != nil {
			return err
		}
		if c.isThere() {
			return nil
		}
		if waited >= r.patience {
			return fmt.Errorf("the API accepted the change %v ago, but the schema does not have it", r.patience)
		}
		if err := r.pause(ctx, wait); err != nil {
			return err
		}
		waited += wait
		wait = min(2*wait, 5*time.Second)
	}
}

// nextChange returns a change that is necessary and was not tried, nil if there is none.
func (r *restore) nextChange(tried map[string]bool) *schemaChange {
	for _, changes := range []func(o *clarify.ObjectSchema) []*schemaChange{
		r.newObject, r.newFields, r.newRelationships, r.newOptions, r.newOrder, r.newLabels,
	} {
		for _, o := range r.source.Objects() {
			for _, c := range changes(o) {
				if !tried[c.name] {
					c.object = o.Name
					return c
				}
			}
		}
	}
	return nil
}

// newObject creates a custom object.
func (r *restore) newObject(o *clarify.ObjectSchema) []*schemaChange {
	if _, ok := r.target.Object(o.Name); ok || !slices.Contains(r.manifest.Objects, o.Name) {
		return nil
	}
	problem := &Problem{What: "schemas", Object: o.Name}
	if !o.Custom {
		return []*schemaChange{{name: "object " + o.Name, problem: problem, send: func(context.Context) error {
			r.problems.add("schemas", o.Name, "", "", "the workspace does not have the object, which is none that can be created")
			return nil
		}}}
	}
	members := map[string]json.RawMessage{}
	_ = json.Unmarshal(o.Raw, &members) // it is an object, because it has fields
	properties := map[string]json.RawMessage{}
	for _, f := range o.Fields {
		if isOwn(f) && f.Relationship == nil {
			properties[f.Name] = f.Raw
		}
	}
	name := o.Singular
	if slug(name) != strings.TrimPrefix(o.Name, "c_") {
		// It was renamed. The name determines that of the object, so the label follows.
		name = strings.ReplaceAll(strings.TrimPrefix(o.Name, "c_"), "_", " ")
	}
	plural := o.Plural
	if plural == "" {
		plural = name
	}
	body := map[string]any{"name": name, "plural": plural, "properties": properties}
	if o.Description != "" {
		body["description"] = o.Description
	}
	for from, to := range map[string]string{"xClarifyIcon": "icon", "xClarifyBackgroundColor": "backgroundColor"} {
		if raw, ok := members[from]; ok && string(raw) != "null" {
			body[to] = raw
		}
	}
	return []*schemaChange{{
		name: "object " + o.Name, problem: problem,
		send: func(ctx context.Context) error { return r.send(ctx, "POST", "schemas/objects", body, nil) },
		isThere: func() bool {
			_, ok := r.target.Object(o.Name)
			return ok
		},
	}}
}

// slug is how the name of an object follows from what people call it, as far as known.
func slug(name string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(name) {
		switch {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9':
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	return strings.TrimSuffix(b.String(), "_")
}

// isOwn reports whether a field is not the system's.
func isOwn(f *clarify.FieldSchema) bool { return !strings.HasPrefix(f.Name, "_") && f.Raw != nil }

// missing returns the fields of an object that the workspace does not have.
func (r *restore) missing(o *clarify.ObjectSchema) (fields []*clarify.FieldSchema) {
	target, ok := r.target.Object(o.Name)
	if !ok {
		return nil
	}
	for _, f := range o.Fields {
		if _, ok := target.Field(f.Name); !ok && isOwn(f) {
			fields = append(fields, f)
		}
	}
	return fields
}

// newFields adds fields, all at once, and one by one if the API rejects that.
func (r *restore) newFields(o *clarify.ObjectSchema) (changes []*schemaChange) {
	together := map[string]json.RawMessage{}
	for _, f := range r.missing(o) {
		if f.Relationship != nil {
			continue
		}
		together[f.Name] = f.Raw
		changes = append(changes, r.addFields(o.Name, map[string]json.RawMessage{f.Name: f.Raw}, &Problem{What: "fields", Object: o.Name, Field: f.Name}))
	}
	if len(together) > 1 {
		changes = slices.Insert(changes, 0, r.addFields(o.Name, together, nil))
	}
	return changes
}

func (r *restore) addFields(object string, fields map[string]json.RawMessage, problem *Problem) *schemaChange {
	name := "fields of " + object
	if problem != nil {
		name = "field " + object + "." + problem.Field
	}
	body := map[string]any{"data": map[string]any{"type": "schema-properties", "attributes": fields}}
	return &schemaChange{
		name: name, problem: problem,
		send: func(ctx context.Context) error {
			return r.send(ctx, "POST", "schemas/"+url.PathEscape(object)+"/properties", body, nil)
		},
		isThere: func() bool {
			for field := range fields {
				if !r.hasField(object, field) {
					return false
				}
			}
			return true
		},
	}
}

func (r *restore) hasField(object, field string) bool {
	o, ok := r.target.Object(object)
	if ok {
		_, ok = o.Field(field)
	}
	return ok
}

// relationshipMembers are the members that createSchemaRelationshipProperties takes.
var (
	relationshipMembers = []string{"title", "xClarifyPresentation", "xClarifyAIField", "type", "oneOf", "xClarifyRelationship"}
	endMembers          = []string{"kind", "entity", "field", "mergeable", "aiFieldTraversable"}
	presentationMembers = []string{"rank"}
)

// newRelationships adds relationships, both ends at once.
func (r *restore) newRelationships(o *clarify.ObjectSchema) (changes []*schemaChange) {
	for _, f := range r.missing(o) {
		if f.Relationship == nil {
			continue
		}
		problem := &Problem{What: "fields", Object: o.Name, Field: f.Name}
		name := "relationship " + o.Name + "." + f.Name
		other := otherEnd(r.source, f)
		if _, ok := r.target.Object(f.Relationship.Object); !ok || other == nil || other.Relationship == nil {
			changes = append(changes, &schemaChange{name: name, send: func(context.Context) error {
				r.problems.add("fields", o.Name, f.Name, "", "the other end of the relationship is missing")
				return nil
			}})
			continue
		}
		ends := map[string]map[string]any{o.Name: {}, f.Relationship.Object: {}}
		ends[o.Name][f.Name] = endOf(f)
		ends[f.Relationship.Object][other.Name] = endOf(other)
		body := map[string]any{"data": map[string]any{"type": "relationship", "attributes": ends}}
		changes = append(changes, &schemaChange{
			name: name, problem: problem,
			send: func(ctx context.Context) error {
				return r.send(ctx, "POST", "schemas/"+url.PathEscape(o.Name)+"/relationships", body, nil)
			},
			isThere: func() bool { return r.hasField(o.Name, f.Name) },
		})
	}
	return changes
}

// endOf returns an end of a relationship, as it can be sent.
func endOf(f *clarify.FieldSchema) map[string]any {
	end, err := decode(f.Raw)
	if err != nil {
		return nil
	}
	keep(end, relationshipMembers)
	if to, ok := end["xClarifyRelationship"].(map[string]any); ok {
		keep(to, endMembers)
	}
	if shown, ok := end["xClarifyPresentation"].(map[string]any); ok {
		if keep(shown, presentationMembers); shown["rank"] == nil {
			delete(end, "xClarifyPresentation")
		}
	}
	return end
}

func keep(members map[string]any, names []string) {
	for name := range members {
		if !slices.Contains(names, name) {
			delete(members, name)
		}
	}
}

// sortObjects sorts objects so that one comes after those that it refers to, as far as
// there is no circle.
func (r *restore) sortObjects() {
	r.order = map[string]int{}
	visited := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		o, ok := r.target.Object(name)
		if !ok || visited[name] || !slices.Contains(r.manifest.Objects, name) {
			return
		}
		visited[name] = true
		for _, f := range o.Fields {
			if f.Kind == clarify.KindToOne && f.Relationship != nil {
				visit(f.Relationship.Object)
			}
		}
		r.order[name] = len(r.objects)
		r.objects = append(r.objects, name)
	}
	for _, name := range r.manifest.Objects {
		visit(name)
	}
}
