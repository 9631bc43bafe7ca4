package clarify_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/gen"
)

// differences are what the sandbox rejects and Check accepts, because the API may accept
// it. There are no others, and none the other way round.
var differences = []struct {
	why string
	is  func(problem clarify.ErrorObject, value any) bool
}{
	{"according to the contract null clears a field, and nearly every attribute was seen to be null (live-api.md, D3)",
		func(p clarify.ErrorObject, value any) bool {
			return value == nil && p.Detail == "The value must not be null."
		}},
	{"according to the contract any object is a block of rich text, and other blocks were seen (live-api.md, tasks)",
		func(p clarify.ErrorObject, value any) bool {
			_, isObject := value.(map[string]any)
			return isObject && strings.HasPrefix(p.Detail, "A block must be")
		}},
	{"other definitions of an email address allow it",
		func(p clarify.ErrorObject, value any) bool { return slices.Contains(oddEmails, value) }},
	{"other implementations of the format date-time allow it",
		func(p clarify.ErrorObject, value any) bool { return slices.Contains(oddTimes, value) }},
	{"a select without options may take any string",
		func(p clarify.ErrorObject, value any) bool {
			_, isString := value.(string)
			return isString && strings.HasSuffix(p.Detail, "is none of the options, whose case matters: .")
		}},
}

var (
	oddEmails = []any{"a..b@acme.example", ".a@acme.example", `"a b"@acme.example`}
	oddTimes  = []any{"2026-02-03t04:05:06z", "2026-02-03 04:05:06Z", "2026-06-30T23:59:60Z", "2026-02-03T04:05:06+0100", "2026-02-03T04:05:06+01"}
)

// someValues are values for fields of any kind.
var someValues = slices.Concat(oddEmails, oddTimes, []any{
	nil, true, false, "", " ", "x", "Red", "red", "Blue", "Red ", "null", "adhoc-1", "🚀", "a\u2028b\x00", strings.Repeat("long ", 100),
	"ada@acme.example", "ada@acme", "ada@", "@acme.example", "ada", "ada@acme@example", "ada @acme.example", "Ada <ada@acme.example>", "ada@acme.example; bob@acme.example",
	"ada@acme..example", "ada@.example", "ada@acme.example.", "ädä@äcme.example", "mailto:ada@acme.example", "a@[127.0.0.1]", "ada@acme.example\n",
	"acme.example", "https://acme.example", "acme example", "acme.example/about", "acme", "acme:80", "xn--bcher-kva.example",
	"2026-02-03", "2026-02-30", "2026-2-3", "03.02.2026", "2026-02-03T04:05:06Z", "2026-02-03T04:05:06.789Z", "2026-02-03T04:05:06+02:00", "2026-02-03T04:05:06",
	"2026-02-03T04:05Z", "2026-02-03T24:05:06Z", "now", "1738555506",
	jnumber("0"), jnumber("-0"), jnumber("1"), jnumber("-1.5"), jnumber("1.50000"), jnumber("999999999999"), jnumber("-999999999999.9999"), jnumber("1000000000000"), jnumber("0.00001"),
	jnumber("1e11"), jnumber("1e12"), jnumber("1.5e3"), jnumber("12345e-4"), jnumber("12345e-5"), jnumber("0e999"), jnumber("1e400"), jnumber("100000000000000e-2"),
	jlist(), jlist("x"), jlist("Red", "Blue"), jlist("red"), jlist(jnumber("1")), jlist(nil), jlist("ada@acme.example", "x"), jlist(jobject("email", "x")),
	jobject(), jobject("items", jlist()), jobject("items", nil), jobject("items", "x"), jobject("items", jlist("x")), jobject("items", jlist("Red", "red")), jobject("items", jlist(nil)),
	jobject("items", jlist("ada@acme.example")), jobject("items", jlist("acme.example", "x y", true)), jobject("items", jlist(jnumber("1"), jnumber("1.5"), jnumber("1e400"))),
	jobject("items", jlist(jobject("email", "x", "organizer", true), jobject("name", jnumber("1")), jobject("nme", "x"), nil)), jobject("items", jlist(), "more", true),
	jobject("first_name", "Ada", "last_name", nil), jobject("first_name", jnumber("1")), jobject("firstname", "Ada"), jobject("full_name", jnumber("1"), "last_name", "L"),
	jobject("text", jlist()), jobject("text", "x"), jobject("text", jlist(jobject("type", "paragraph"), jobject("type", "p"), jobject(), "x")), jobject("primary", jnumber("1"), "other", true),
	jobject("primary", "red", "a/b~c", jnumber("1.5"), "count", jnumber("1e400")), jobject("count", jnumber("1.5")),
})

func jnumber(s string) json.Number { return json.Number(s) }
func jlist(items ...any) []any {
	if items == nil {
		return []any{}
	}
	return items
}

func jobject(pairs ...any) map[string]any {
	o := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		o[pairs[i].(string)] = pairs[i+1]
	}
	return o
}

// fitting returns a value that fits a field, and whether it knows one.
func fitting(r *rand.Rand, f *clarify.FieldSchema) (any, bool) {
	email := fmt.Sprintf("p%d@acme.example", r.Uint32())
	domain := fmt.Sprintf("d%d.example", r.Uint32())
	switch f.Kind {
	case clarify.KindText:
		return map[string]any{"email": email, "hostname": domain, "": domain, "uri": domain}[f.Format], true
	case clarify.KindNumber:
		return r.IntN(10), true
	case clarify.KindCheckbox:
		return r.IntN(2) == 0, true
	case clarify.KindDate:
		return "2026-02-03", true
	case clarify.KindDateTime:
		return "2026-02-03T04:05:06.789Z", true
	case clarify.KindSelect:
		if len(f.Options) > 0 {
			return f.Options[r.IntN(len(f.Options))].Value, true
		}
	case clarify.KindCollection, clarify.KindMultiSelect, clarify.KindArray:
		items := jlist()
		if f.Items != nil {
			if item, ok := fitting(r, f.Items); ok {
				items = append(items, item)
			}
		}
		if f.Kind == clarify.KindArray {
			return items, true
		}
		return jobject("items", items), true
	case clarify.KindName:
		return jobject("first_name", "Ada", "last_name", "Lovelace"), true
	case clarify.KindRichText:
		return jobject("text", jlist(jobject("type", "paragraph", "content", jlist()))), true
	case clarify.KindObject:
		o := jobject()
		for _, m := range f.Members {
			if value, ok := fitting(r, m); ok {
				o[m.Name] = value
			}
		}
		return o, true
	}
	return nil, false
}

func isA[T any](value any) bool {
	_, ok := value.(T)
	return ok
}

// randomProperties are fields of a custom object.
func randomProperties(r *rand.Rand) map[string]any {
	const core = "https://getclarify.ai/schemas/core/"
	nullable := func(kind string) []any { return jlist(kind, "null") }
	items := func(item any) map[string]any {
		return jobject("type", nullable("object"), "properties", jobject("items", jobject("type", "array", "items", item)))
	}
	members := jobject("primary", jobject("type", nullable("string")), "a/b~c", jobject("type", nullable("number")), "count", jobject("type", "integer"),
		"address", jobject("type", nullable("string"), "format", "email"))
	forms := []any{
		jobject("type", nullable("string")), jobject("type", nullable("string"), "format", "email"), jobject("type", nullable("string"), "format", "hostname"),
		jobject("type", nullable("string"), "format", "uri"), jobject("type", nullable("string"), "format", "date"),
		jobject("type", nullable("number")), jobject("type", nullable("integer")), jobject("type", "boolean"), jobject("type", nullable("boolean")),
		jobject("type", nullable("string"), "enum", jlist("Red", "Blue", nil)), jobject("type", nullable("string"), "enum", jlist()),
		jobject("type", nullable("string"), "xClarifyEnumMetadata", jobject("Red", jobject("id", "r"))),
		items(jobject("type", "string")), items(jobject("type", "string", "format", "email")), items(jobject("type", nullable("string"), "format", "hostname")),
		items(jobject("type", "string", "enum", jlist("Red", "Blue"))), items(jobject("type", "integer")), items(jobject("type", "object", "properties", members)), items(jobject()),
		jobject("type", nullable("array"), "items", jobject("type", "string")), jobject("type", nullable("array"), "items", jobject("type", "string", "enum", jlist("Red"))),
		jobject("type", nullable("array")), jobject("type", nullable("object")), jobject("type", nullable("object"), "properties", members),
		jobject("type", nullable("object"), "properties", members, "additionalProperties", false),
		jobject("oneOf", jlist(jobject("$ref", core+"personName"), jobject("type", "null"))), jobject("oneOf", jlist(jobject("type", "null"), jobject("$ref", core+"richText"))),
		jobject("oneOf", jlist(jobject("type", "null"), jobject("$ref", core+"collectionOfEmails"))), items(jobject("$ref", core+"participant")),
	}
	properties := map[string]any{}
	for i, form := range r.Perm(len(forms))[:10] {
		properties[[]string{"end", "type", "2nd", "a~b/c", "🚀", "x y", "name", "items", "text", "Red"}[i]] = forms[form]
	}
	return properties
}

// randomAttributes are attributes of an object, few of which are wrong.
func randomAttributes(r *rand.Rand, o *clarify.ObjectSchema) map[string]any {
	attributes := map[string]any{}
	for range 1 + r.IntN(3) {
		f := o.Fields[r.IntN(len(o.Fields))]
		if f.ReadOnly && r.IntN(20) > 0 || f.Kind == clarify.KindToMany && r.IntN(5) > 0 {
			continue
		}
		value, fits := fitting(r, f)
		if !fits || r.IntN(3) == 0 {
			value = someValues[r.IntN(len(someValues))]
		}
		if f.Kind == clarify.KindToOne && isA[string](value) {
			continue // It is rejected unless there is such a record.
		}
		attributes[f.Name] = value
	}
	if r.IntN(20) == 0 {
		attributes[[]string{"nme", "_x", "", "NAME", "company"}[r.IntN(5)]] = "x"
	}
	return attributes
}

// refusals returns what an error says is wrong, by pointers.
func refusals(t *testing.T, err error) map[string]clarify.ErrorObject {
	t.Helper()
	found := map[string]clarify.ErrorObject{}
	if err == nil {
		return found
	}
	var e *clarify.Error
	if !errors.As(err, &e) || !errors.Is(err, clarify.ErrInvalid) {
		t.Fatalf("got %v", err)
	}
	for _, p := range e.Errors {
		found[p.Pointer] = p
	}
	return found
}

// valueAt returns the value in attributes that a pointer below /data/attributes leads to.
func valueAt(attributes any, pointer string) any {
	rest, _ := strings.CutPrefix(pointer, "/data/attributes/")
	for token := range strings.SplitSeq(rest, "/") {
		token = strings.NewReplacer("~1", "/", "~0", "~").Replace(token)
		if items, ok := attributes.([]any); ok {
			i, _ := strconv.Atoi(token)
			attributes = items[i]
			continue
		}
		members, _ := attributes.(map[string]any)
		attributes = members[token]
	}
	return attributes
}

// agree compares what the sandbox and Check say of the same attributes.
func agree(t *testing.T, attributes map[string]any, server, check error) (refused, differ bool) {
	t.Helper()
	theirs, ours := refusals(t, server), refusals(t, check)
	for pointer, p := range theirs {
		if strings.HasSuffix(p.Detail, "is unique.") && p.Status == "400" {
			return true, false // It is about another record.
		}
		mine, ok := ours[pointer]
		if ok && mine.Status == p.Status && mine.Title == p.Title {
			continue
		}
		value := valueAt(map[string]any(attributes), pointer)
		if ok || !slices.ContainsFunc(differences, func(d struct {
			why string
			is  func(clarify.ErrorObject, any) bool
		}) bool {
			return d.is(p, value)
		}) {
			t.Errorf("the sandbox says %s of %s at %s, %q; Check says %v", p.Status, mustJSON(t, attributes), pointer, p.Detail, mine)
		}
		differ = true
	}
	for pointer, p := range ours {
		if _, ok := theirs[pointer]; !ok && (len(theirs) == 0 || !strings.HasPrefix(p.Detail, "A new ")) {
			t.Errorf("Check says of %s at %s, %q; the sandbox accepts it", mustJSON(t, attributes), pointer, p.Detail)
		}
	}
	return len(theirs) > 0, differ
}

// send creates or changes a record without the client's own checks of attributes.
func send(t *testing.T, client *clarify.Client, object, id string, attributes map[string]any) error {
	t.Helper()
	data := map[string]any{"type": object, "attributes": attributes}
	if id == "" {
		_, err := client.CreateRecordWithBodyWithResponse(t.Context(), object, nil, "application/json", strings.NewReader(string(mustJSON(t, map[string]any{"data": data}))))
		return err
	}
	data["id"] = id
	_, err := client.UpdateRecordWithBodyWithResponse(t.Context(), object, id, nil, "application/json", strings.NewReader(string(mustJSON(t, map[string]any{"data": data}))))
	return err
}

// Check and the sandbox, each of which was written without the other, say the same of
// random attributes of random schemas, and of those of the built-in objects.
func TestCheckAgreesWithTheSandbox(t *testing.T) {
	client, _ := sandbox(t, noSchemaLag, clarifytest.WithoutValidation(), clarifytest.WithRateLimit(1_000_000), clarifytest.WithTranscript(0), clarifytest.WithQuirkCustomObjectPatch(false))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 8 {
		properties := randomProperties(r)
		body := gen.CreateCustomObjectJSONRequestBody{Name: fmt.Sprintf("thing %d", i), Plural: "things"}
		definitions := map[string]gen.Object{}
		for name, schema := range properties {
			definitions[name] = schema.(map[string]any)
		}
		body.Properties = &definitions
		if _, err := client.CreateCustomObjectWithResponse(t.Context(), nil, body); err != nil {
			t.Fatal(err)
		}
	}
	schema, err := client.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	refused, differ, total := 0, 0, 0
	for _, o := range schema.Objects() {
		if o.Name == "user" || o.Name == "meeting_recording" {
			continue // They have no records.
		}
		id := ""
		for range 160 / stride {
			attributes := randomAttributes(r, o)
			if o.Name == "task" && r.IntN(4) > 0 {
				attributes["title"] = "x"
			}
			server := send(t, client, o.Name, id, attributes)
			check := o.Check(attributes)
			if id != "" {
				check = o.CheckChanges(clarify.Fields(attributes))
			}
			no, other := agree(t, attributes, server, check)
			total++
			if no {
				refused++
			}
			if other {
				differ++
			}
			switch {
			case id != "":
				id = ""
			case !no:
				record, err := clarify.NewRecords[clarify.Fields](client, o.Name).Create(t.Context(), clarify.Fields{"title": "x"})
				if o.Name != "task" && o.Name != "meeting" {
					record, err = clarify.NewRecords[clarify.Fields](client, o.Name).Create(t.Context(), clarify.Fields{})
				}
				if err != nil {
					t.Fatal(err)
				}
				id = record.ID
			}
		}
	}
	t.Logf("%d of %d were refused, %d of them by the sandbox alone", refused, total, differ)
	if refused < total/4 || refused > total*3/4 {
		t.Errorf("%d of %d were refused, so this compares little", refused, total)
	}
}

// What nobody can write is not missing in a new record, even if the schema requires it.
func TestCheckAndTheSandboxRequireTheSame(t *testing.T) {
	client, _ := sandbox(t, noSchemaLag)
	definitions := map[string]gen.Object{"n": jobject("type", jlist("number", "null"))}
	body := gen.CreateCustomObjectJSONRequestBody{Name: "Thing", Plural: "Things", Properties: &definitions}
	if _, err := client.CreateCustomObjectWithResponse(t.Context(), nil, body); err != nil {
		t.Fatal(err)
	}
	schema, err := client.Schema(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range schema.Documents() {
		if strings.HasSuffix(d.ID, "/entities/c_thing") {
			d.Attributes["required"] = jlist("_id", "n")
			if _, err := client.UpdateEntitySchemaWithBodyWithResponse(t.Context(), "c_thing", nil, "application/json", strings.NewReader(string(mustJSON(t, d.Attributes)))); err != nil {
				t.Fatal(err)
			}
		}
	}
	if schema, err = client.Schema(t.Context()); err != nil {
		t.Fatal(err)
	}
	thing, _ := schema.Object("c_thing")
	for _, test := range []struct {
		attributes map[string]any
		want       []string
	}{
		{map[string]any{"n": 1}, nil},
		{map[string]any{}, []string{"/data/attributes/n"}},
	} {
		for who, err := range map[string]error{"the sandbox": send(t, client, "c_thing", "", test.attributes), "Check": thing.Check(test.attributes)} {
			var got []string
			for pointer := range refusals(t, err) {
				got = append(got, pointer)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("%s: of %v, %q", who, test.attributes, got)
			}
		}
	}
}
