package clarify_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
)

// builtInFields are the fields of the built-in types, in an order in which records can
// link to those before them.
var builtInFields = []struct {
	object string
	fields any
	of     any
}{
	{"company", clarify.CompanyFields, clarify.Company{}},
	{"person", clarify.PersonFields, clarify.Person{}},
	{"deal", clarify.DealFields, clarify.Deal{}},
	{"meeting", clarify.MeetingFields, clarify.Meeting{}},
	{"task", clarify.TaskFields, clarify.Task{}},
}

// eachField calls f for each field in a struct of them, and in those within.
func eachField(fields reflect.Value, f func(goName string, field reflect.Value)) {
	for i := range fields.NumField() {
		field, name := fields.Field(i), fields.Type().Field(i).Name
		if strings.HasSuffix(field.Type().Name(), "Filters") {
			eachField(field, func(goName string, field reflect.Value) { f(name+"."+goName, field) })
		} else {
			f(name, field)
		}
	}
}

// world is a workspace with a record of each built-in object that has a value in each
// field, and another that has hardly any.
type world struct {
	t       *testing.T
	client  *clarify.Client
	written map[string]clarify.Fields // what was written, and the system's fields
	ids     map[string]string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s := clarifytest.NewServer(clarifytest.WithTB(t), clarifytest.WithMemoryNetwork(), clarifytest.WithRateLimit(1_000_000),
		clarifytest.WithQuirkReadOnlyMeetings(false))
	client, err := clarify.New(s.Workspace, authn.APIKey(s.APIKey),
		clarify.WithBaseURL(s.BaseURL), clarify.WithHTTPClient(s.HTTPClient()), clarify.WithLogger(noted))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t, client, map[string]clarify.Fields{}, map[string]string{}}
	items := func(list ...any) clarify.Fields { return clarify.Fields{"items": list} }
	w.add("company", clarify.Fields{
		"name": `Acme, "Inc." 日本`, "domains": items("acme.com"), "industry": "Toys & more", "employee_count": 120,
		"description": "null", "labels": items("a,b", "☃"),
	})
	w.add("person", clarify.Fields{
		"name": clarify.Fields{"first_name": "Ada", "last_name": "Łovelace"}, "email_addresses": items("ada@acme.com", "ada@home.example"),
		"phone_numbers": items("+1 (555) 0100"), "job_title": "*Engineer*", "avatar_url": "https://acme.com/a?b=c&d=[e]",
		"description": ">5", "labels": items("x"), "company_id": w.ids["company"],
	})
	w.add("deal", clarify.Fields{
		"name": "Big, deal", "description": "100%20+", "stage": "Won", "amount": json.Number("1250.5"), "close_date": "2026-08-17",
		"owner_id": "google-oauth2|1", "summary": "a;b", "labels": items("renewal"), "company_id": w.ids["company"],
	})
	w.add("meeting", clarify.Fields{
		"title": "Demo", "start": "2026-08-17T10:00:00.000Z", "end": "2026-08-17T11:00:00.000Z", "all_day": true, "visibility": "default",
		"event_id": "adhoc-1", "ical_uid": "1@acme.com", "participants": items(clarify.Fields{"email": "ada@acme.com", "organizer": true}),
	})
	w.add("task", clarify.Fields{
		"title": "Call", "description": clarify.Fields{"text": clarify.Text("Call Ada")}, "status": "To Do", "priority": "High",
		"due_date": "2026-08-18", "assignee_id": "user_01H", "person_id": w.ids["person"], "company_id": w.ids["company"],
		"deal_id": w.ids["deal"], "meeting_id": w.ids["meeting"],
	})
	for object, property := range map[string]string{"deal": "people", "meeting": "people"} {
		if err := w.records(object).Link(t.Context(), w.ids[object], property, clarify.Ref{Type: "person", ID: w.ids["person"]}); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func (w *world) records(object string) *clarify.Records[clarify.Fields] {
	return clarify.NewRecords[clarify.Fields](w.client, object)
}

func (w *world) add(object string, attributes clarify.Fields) {
	w.t.Helper()
	others := clarify.Fields{}
	if object == "task" {
		others["title"] = "Another"
	}
	records := w.records(object)
	if _, err := records.Create(w.t.Context(), others); err != nil {
		w.t.Fatal(err)
	}
	record, err := records.Create(w.t.Context(), attributes)
	if err != nil {
		w.t.Fatal(err)
	}
	w.ids[object], w.written[object] = record.ID, attributes
	for name, value := range record.Attributes {
		if strings.HasPrefix(name, "_") {
			attributes[name] = value
		}
	}
}

// at returns the object that a field is of, the field's own name, and the value of it
// that was written.
func (w *world) at(object, path string) (of, name string, value any) {
	w.t.Helper()
	of, name = object, path
	if segments := strings.Split(path, "."); len(segments) > 1 {
		wantEqual(w.t, "what "+path+" begins with", segments[0], object)
		if len(segments) > 5 {
			w.t.Errorf("%s goes through more than three links", path)
		}
		name = segments[len(segments)-1]
		of = strings.TrimSuffix(segments[len(segments)-2], "_id")
	}
	return of, name, w.written[of][name]
}

// positive are the operators that hold for the value of a field itself. The others do
// not.
var positive = []clarify.Operator{
	clarify.Is, clarify.Contains, clarify.StartsWith, clarify.EndsWith, clarify.OneOf, clarify.IsOnOrBefore, clarify.IsOnOrAfter,
	clarify.GreaterThanOrEqual, clarify.LessThanOrEqual, clarify.IsNotEmpty, clarify.IsSet,
}

func TestTypedQueriesOfBuiltInTypesInTheSandbox(t *testing.T) {
	w := newWorld(t)
	conditions, sorts, included := 0, 0, 0
	for _, object := range builtInFields {
		eachField(reflect.ValueOf(object.fields), func(goName string, field reflect.Value) {
			path := nameOf(t, field)
			for i := range field.NumMethod() {
				name, method := field.Type().Method(i).Name, field.Method(i)
				op, isCondition := operatorsByName()[name]
				switch {
				case isCondition:
					if conditions++; conditions%stride == 0 {
						w.tryCondition(object.object, goName, path, op, method)
					}
				case name == "OrderBy":
					sorts++
					for _, direction := range []clarify.Direction{clarify.Ascending, clarify.Descending} {
						option := method.Interface().(func(clarify.Direction) clarify.QueryOption)(direction)
						w.same(object.object, goName+".OrderBy", option, clarify.OrderBy(path, direction))
					}
				case name == "Include":
					included++
					w.tryInclude(object.object, path, method.Interface().(func() clarify.QueryOption)())
				}
			}
		})
	}
	if conditions < 900 || sorts < 30 || included < 12 {
		t.Errorf("only %d conditions, %d sorts and %d relationships were found", conditions, sorts, included)
	}
}

// same makes two queries, whose results must be the same, and returns their ids.
func (w *world) same(object, what string, typed, text clarify.QueryOption) []string {
	w.t.Helper()
	records, err := collect(w.t, w.records(object).All(w.t.Context(), typed))
	if err != nil {
		w.t.Errorf("%s of a %s: %v", what, object, err)
		return nil
	}
	others, err := collect(w.t, w.records(object).All(w.t.Context(), text))
	if err != nil || !slices.Equal(ids(records), ids(others)) {
		w.t.Errorf("%s of a %s finds %v, and its string form %v (%v)", what, object, ids(records), ids(others), err)
	}
	return ids(records)
}

func (w *world) tryCondition(object, goName, path string, op clarify.Operator, method reflect.Value) {
	w.t.Helper()
	_, _, written := w.at(object, path)
	var typed []reflect.Value
	var plain []any
	if method.Type().NumIn() > 0 {
		parameter := method.Type().In(0)
		if method.Type().IsVariadic() {
			parameter = parameter.Elem()
		}
		value := decoded(w.t, parameter, scalar(w.t, written))
		typed, plain = []reflect.Value{value}, []any{value.Interface()}
	}
	what := goName + " " + string(op)
	found := w.same(object, what, method.Call(typed)[0].Interface().(clarify.QueryOption), clarify.Where(path, op, plain...))
	if got := slices.Contains(found, w.ids[object]); got != slices.Contains(positive, op) {
		w.t.Errorf("%s %v of a %s: whether it finds the record is %v", what, plain, object, got)
	}
}

// scalar is the value in an attribute, or in its first item, that conditions are about.
func scalar(t *testing.T, value any) any {
	t.Helper()
	var collection struct{ Items []any }
	if b := mustJSON(t, value); json.Unmarshal(b, &collection) != nil || len(collection.Items) == 0 {
		return value
	}
	if participant, ok := collection.Items[0].(map[string]any); ok {
		return participant["email"]
	}
	return collection.Items[0]
}

// decoded returns a value as one of a Go type.
func decoded(t *testing.T, of reflect.Type, value any) reflect.Value {
	t.Helper()
	v := reflect.New(of)
	if err := json.Unmarshal(mustJSON(t, value), v.Interface()); err != nil {
		t.Fatalf("%v is no %s: %v", value, of, err)
	}
	return v.Elem()
}

func (w *world) tryInclude(object, property string, typed clarify.QueryOption) {
	w.t.Helper()
	var results []string
	for _, option := range []clarify.QueryOption{typed, clarify.Include(property)} {
		record, err := w.records(object).Get(w.t.Context(), w.ids[object], option)
		if err != nil || len(record.Included) == 0 {
			w.t.Errorf("Include %s of a %s includes nothing: %v", property, object, err)
			return
		}
		results = append(results, record.Included[0].Type+" "+record.Included[0].ID)
	}
	wantEqual(w.t, "what "+property+" includes", results[0], results[1])
}

func TestTypedChangesOfBuiltInTypesInTheSandbox(t *testing.T) {
	w := newWorld(t)
	matches := 0
	for _, object := range builtInFields {
		eachField(reflect.ValueOf(object.fields), func(goName string, field reflect.Value) {
			path := nameOf(t, field)
			if method := field.MethodByName("MatchOn"); method.IsValid() {
				matches++
				attributes := clarify.Fields{path: w.written[object.object][path]}
				record, err := w.records(object.object).Create(t.Context(), attributes, method.Interface().(func() clarify.WriteOption)())
				if err != nil || record.ID != w.ids[object.object] {
					t.Errorf("%s.MatchOn of a %s does not find its record: %v", goName, object.object, err)
				}
			}
			for _, name := range []string{"Merge", "Clear", "Append", "Remove", "Replace", "Clear", "To"} {
				if method := field.MethodByName(name); method.IsValid() {
					w.tryChange(object.object, path, name, method)
				}
			}
		})
	}
	wantEqual(t, "the unique fields", matches, 3)
}

// tryChange changes a field to the value that was written, or by it, and checks the
// value after it.
func (w *world) tryChange(object, path, name string, method reflect.Value) {
	w.t.Helper()
	written := w.written[object][path]
	want := string(mustJSON(w.t, written))
	var change clarify.FieldChange
	switch of := method.Type(); {
	case of.NumIn() == 0:
		change, want = method.Call(nil)[0].Interface().(clarify.FieldChange), "null"
	case of.IsVariadic():
		change = method.CallSlice([]reflect.Value{decoded(w.t, of.In(0), written.(clarify.Fields)["items"])})[0].Interface().(clarify.FieldChange)
	default:
		if rich, ok := written.(clarify.Fields); ok && rich["text"] != nil {
			written = rich["text"]
		}
		change = method.Call([]reflect.Value{decoded(w.t, of.In(0), written)})[0].Interface().(clarify.FieldChange)
	}
	if name == "Remove" {
		want = `{"items":[]}`
	}
	record, err := w.records(object).Update(w.t.Context(), w.ids[object], clarify.Set(change))
	if err != nil {
		w.t.Errorf("%s %s of a %s: %v", path, name, object, err)
		return
	}
	value := record.Attributes[path]
	if members, ok := value.(map[string]any); ok {
		delete(members, "full_name") // made by the API
	}
	wantEqual(w.t, path+" of a "+object+" after "+name, string(mustJSON(w.t, value)), want)
}

// kindsOfTypes are the kinds of field that a type is for.
var kindsOfTypes = map[string][]clarify.FieldKind{
	"Text": {clarify.KindText}, "Number": {clarify.KindNumber}, "Checkbox": {clarify.KindCheckbox}, "Select": {clarify.KindSelect},
	"Collection": {clarify.KindCollection}, "Name": {clarify.KindName}, "RichText": {clarify.KindRichText},
	"Link": {clarify.KindToOne}, "ToMany": {clarify.KindToMany},
	"ID":                {clarify.KindID, clarify.KindText}, // a schema does not say that a string is the id of a user
	"Date[clarify.Date": {clarify.KindDate}, "Date[time.Time": {clarify.KindDateTime},
}

func TestTypesOfBuiltInFieldsFollowTheSchema(t *testing.T) {
	w := newWorld(t)
	schema, err := w.client.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, object := range builtInFields {
		names := map[string]bool{}
		eachField(reflect.ValueOf(object.fields), func(goName string, field reflect.Value) {
			names[goName] = true
			of, name, _ := w.at(object.object, nameOf(t, field))
			objectSchema, _ := schema.Object(of)
			fieldSchema, ok := objectSchema.Field(name)
			if !ok {
				t.Errorf("%s of a %s: the schema has no field %q", goName, object.object, name)
				return
			}
			kinds := kindsOfTypes[baseOf(field.Type())]
			if strings.Contains(goName, ".") && fieldSchema.Kind == clarify.KindToOne {
				kinds = append(kinds, clarify.KindToOne) // its filter is that of ids
			}
			if !slices.Contains(kinds, fieldSchema.Kind) {
				t.Errorf("%s of a %s is a %s, and the schema has %s", goName, object.object, field.Type(), fieldSchema.Kind)
			}
			if strings.Contains(goName, ".") || fieldSchema.Kind == clarify.KindToMany {
				return
			}
			has := func(method string) bool { return field.MethodByName(method).IsValid() }
			wantEqual(t, goName+" can match", has("MatchOn"), fieldSchema.Unique)
			wantEqual(t, goName+" can be set", has("To"), !fieldSchema.ReadOnly)
			wantEqual(t, goName+" can be cleared", has("Clear"), !fieldSchema.ReadOnly && !fieldSchema.Required)
		})
		for _, field := range reflect.VisibleFields(reflect.TypeOf(object.of)) {
			if !field.Anonymous && field.Name != "Extra" && field.Name != "DeletedAt" && !names[field.Name] {
				t.Errorf("the fields of a %s do not have %s", object.object, field.Name)
			}
		}
	}
}

// baseOf is the part of a type's name that is about the kind of the field.
func baseOf(of reflect.Type) string {
	base := withoutParameters(of)
	for _, prefix := range []string{"ReadOnly", "Required", "Unique"} {
		base = strings.TrimPrefix(base, prefix)
	}
	base = strings.TrimSuffix(strings.TrimSuffix(base, "Field"), "Filter")
	if base != "Date" {
		return base
	}
	if _, ok := of.MethodByName("Is"); ok && takes(of, reflect.TypeFor[time.Time]()) {
		return "Date[time.Time"
	}
	return "Date[clarify.Date"
}

func takes(of, parameter reflect.Type) bool {
	m, _ := of.MethodByName("Is")
	return m.Type.In(1) == parameter
}
