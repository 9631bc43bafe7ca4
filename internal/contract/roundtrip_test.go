package contract_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/clarify-go/clarify/gen"
)

// documents makes documents that a schema allows.
type documents struct {
	rng *rand.Rand
	// has says whether an optional member is there.
	has func() bool
	// null says whether a value that may be null is.
	null func() bool
	// empty says whether a list or map that may be empty is.
	empty func() bool
	// second says whether a list at this depth has a second element.
	second func(depth int) bool
	// unknown says whether an open object has a member that the contract does
	// not name.
	unknown func() bool
}

func always() bool { return true }
func never() bool  { return false }

// unknownMember has what is easily lost on the way.
var unknownMember = json.RawMessage(`{"digits":12345678901234567890.1234567890,"exponent":1E400,"one":1.0,"null":null,"list":[],"object":{},"text":"<&>\u2028ü","nested":[{"deep":[null,-0]}]}`)

func (d *documents) of(ref *openapi3.SchemaRef, depth int) any {
	s := ref.Value
	union := slices.Concat(s.OneOf, s.AnyOf)
	if len(union) > 0 {
		var branches openapi3.SchemaRefs
		nullable := false
		for _, b := range union {
			if b.Value.Type.Is("null") {
				nullable = true
			} else {
				branches = append(branches, b)
			}
		}
		if nullable && d.null() {
			return nil
		}
		b := branches[d.rng.IntN(len(branches))]
		return d.of(b, depth)
	}
	if len(s.AllOf) > 0 {
		merged := map[string]any{}
		for _, b := range s.AllOf {
			for k, v := range d.of(b, depth).(map[string]any) {
				merged[k] = v
			}
		}
		// What one part requires another may only describe.
		for _, b := range s.AllOf {
			for _, name := range b.Value.Required {
				for _, c := range s.AllOf {
					if p := c.Value.Properties[name]; p != nil && merged[name] == nil {
						merged[name] = d.of(p, depth+1)
					}
				}
			}
		}
		return merged
	}
	if s.Const != nil {
		return s.Const
	}
	types := s.Type.Slice()
	if len(types) == 0 {
		if s.Type == nil && len(s.Properties) == 0 {
			return d.any()
		}
		types = []string{"object"}
	}
	if slices.Contains(types, "null") && (len(types) == 1 || d.null()) {
		return nil
	}
	types = slices.DeleteFunc(slices.Clone(types), func(t string) bool { return t == "null" })
	if len(s.Enum) > 0 {
		return s.Enum[d.rng.IntN(len(s.Enum))]
	}
	switch types[0] {
	case "string":
		return d.text(s)
	case "boolean":
		return d.rng.IntN(2) == 0
	case "integer":
		low, high := int64(-1000), int64(1_000_000)
		if s.Min != nil {
			low = int64(*s.Min)
		}
		if s.Max != nil {
			high = int64(*s.Max)
		}
		return low + d.rng.Int64N(high-low+1)
	case "number":
		return []any{1.5, -0.25, 0, 1e21, 123456.789, 5e-324}[d.rng.IntN(6)]
	case "array":
		n := int(s.MinItems)
		if !d.empty() && depth < 12 {
			n++
			if d.second(depth) {
				n++
			}
		}
		if s.MaxItems != nil {
			n = min(n, int(*s.MaxItems))
		}
		list := []any{}
		for range n {
			list = append(list, d.of(s.Items, depth+1))
		}
		return list
	case "object":
		return d.object(s, depth)
	}
	panic(fmt.Sprintf("type %v", types))
}

func (d *documents) object(s *openapi3.Schema, depth int) map[string]any {
	object := map[string]any{}
	// In order, so that one seed always makes the same document.
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if slices.Contains(s.Required, name) || d.has() && depth < 12 {
			object[name] = d.of(s.Properties[name], depth+1)
		}
	}
	switch {
	case s.AdditionalProperties.Schema != nil:
		if !d.empty() {
			object["a key/with ü"] = d.of(s.AdditionalProperties.Schema, depth+1)
			object["null"] = d.of(s.AdditionalProperties.Schema, depth+1)
		}
	case s.AdditionalProperties.Has == nil || *s.AdditionalProperties.Has:
		// What is not closed is open (JSON Schema 2020-12, section 10.3.2.3).
		if d.unknown() {
			object["x_unknown"] = unknownMember
			// Only the case differs from a member that the contract may name.
			object["TITLE"], object["ID"], object["Data"] = "x", json.Number("12345678901234567"), nil
		}
	}
	return object
}

func (d *documents) any() any {
	return []any{nil, true, "text", unknownMember, []any{}, map[string]any{}, json.Number("12345678901234567890.10")}[d.rng.IntN(7)]
}

func (d *documents) text(s *openapi3.Schema) string {
	switch {
	case s.Format == "date-time":
		return []string{
			"2026-02-03T04:05:06.789Z", "2026-02-03T04:05:06.700Z", "2026-02-03T04:05:06.000Z",
			"2026-02-03T04:05:06Z", "2026-02-03t04:05:06.5z", "2026-02-03T04:05:06.123456Z", "2026-02-03T04:05:06.100+02:00",
		}[d.rng.IntN(6)]
	case s.Format == "uuid":
		return []string{"3f8f2a9e-8a55-4a35-9d52-5f1f2b8c7a01", "3F8F2A9E-8A55-4A35-9D52-5F1F2B8C7A01"}[d.rng.IntN(2)]
	case s.Pattern != "":
		return "video/mp4"
	case s.MinLength > 0:
		return "x"
	}
	return []string{"", "text", "<a href=\"x\">&amp;</a>", "ü \u2028 \U0001F600", "null", "a\x00b"}[d.rng.IntN(6)]
}

// shape is a type that the generated client sends or receives.
type shape struct {
	name   string
	schema *openapi3.SchemaRef
	goType reflect.Type
	// pointer leads to the schema in the document.
	pointer string
}

const jsonSchema = "/content/application~1json/schema"

// shapes are in the order of their names.
func shapes(t testing.TB, doc *openapi3.T) []shape {
	t.Helper()
	var found []shape
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			at := "#/paths/" + strings.ReplaceAll(path, "/", "~1") + "/" + strings.ToLower(method)
			found = append(found, shapesOf(t, op, at)...)
		}
	}
	slices.SortFunc(found, func(a, b shape) int { return strings.Compare(a.name, b.name) })
	return found
}

func shapesOf(t testing.TB, op *openapi3.Operation, at string) []shape {
	t.Helper()
	var found []shape
	var response, body reflect.Type
	for _, m := range methods(t, op.OperationID) {
		response = m.Type.Out(0).Elem()
		last := m.Type.In(m.Type.NumIn() - 2)
		if op.RequestBody != nil && last != reflect.TypeFor[io.Reader]() {
			body = last
		}
	}
	if op.RequestBody != nil {
		if body == nil {
			t.Fatalf("%s: no method takes the request's type", op.OperationID)
		}
		found = append(found, shape{op.OperationID + " request", op.RequestBody.Value.Content["application/json"].Schema, body, at + "/requestBody" + jsonSchema})
	}
	for status, r := range op.Responses.Map() {
		media := r.Value.Content["application/json"]
		if media == nil {
			continue
		}
		name := "JSON" + strings.ToUpper(status[:1]) + status[1:]
		field, ok := response.FieldByName(name)
		if !ok {
			t.Fatalf("%v has no field %s", response, name)
		}
		found = append(found, shape{op.OperationID + " " + status, media.Schema, field.Type.Elem(), r.Ref + jsonSchema})
	}
	return found
}

func TestEveryShapeIsDecodedAndEncodedWithoutLoss(t *testing.T) {
	doc := document(t)
	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	sometimes := func() bool { return rng.IntN(2) == 0 }
	anywhere := func(int) bool { return sometimes() }

	variants := []struct {
		name string
		documents
	}{
		{"everything set", documents{rng, always, never, never, anywhere, always}},
		{"only what is required", documents{rng, never, never, never, anywhere, never}},
		{"null where possible", documents{rng, always, always, never, anywhere, never}},
		{"empty where possible", documents{rng, always, never, always, anywhere, never}},
		{"any mixture", documents{rng, sometimes, sometimes, sometimes, anywhere, sometimes}},
	}
	count := 0
	for _, shape := range shapes(t, doc) {
		for _, variant := range variants {
			for range 10 {
				made, err := json.Marshal(variant.of(shape.schema, 0))
				if err != nil {
					t.Fatal(err)
				}
				count++
				value := reflect.New(shape.goType)
				if err := json.Unmarshal(made, value.Interface()); err != nil {
					t.Fatalf("%s, %s: %v\n%s", shape.name, variant.name, err, made)
				}
				if unfit := gen.Unfit(value.Interface()); len(unfit) > 0 {
					t.Fatalf("%s, %s: what the contract allows does not fit at %q\n%s", shape.name, variant.name, unfit, made)
				}
				encoded, err := json.Marshal(value.Interface())
				if err != nil {
					t.Fatalf("%s, %s: %v\n%s", shape.name, variant.name, err, made)
				}
				if !sameJSON(t, made, encoded) {
					t.Fatalf("%s, %s:\nreceived %s\nencoded  %s", shape.name, variant.name, made, encoded)
				}
			}
		}
	}
	t.Logf("%d documents", count)
}

// The documents above would prove little if the contract did not allow them.
func TestDocumentsOfTheRoundTripAreWhatTheContractAllows(t *testing.T) {
	doc := document(t)
	b, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	resource, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	if err := compiler.AddResource("openapi.json", resource); err != nil {
		t.Fatal(err)
	}

	rng := rand.New(rand.NewPCG(1, 2))
	sometimes := func() bool { return rng.IntN(2) == 0 }
	d := &documents{rng, sometimes, sometimes, sometimes, func(int) bool { return sometimes() }, sometimes}
	for _, shape := range shapes(t, doc) {
		schema, err := compiler.Compile("openapi.json" + shape.pointer)
		if err != nil {
			t.Fatal(err)
		}
		for range 10 {
			made, err := json.Marshal(d.of(shape.schema, 0))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(decode(t, made)); err != nil {
				t.Fatalf("%s: %v\n%s", shape.name, err, made)
			}
		}
	}
}

func TestAbsentNullAndSetAreThreeThings(t *testing.T) {
	for _, want := range []string{
		`{}`,
		`{"emoji":null,"query":null}`,
		`{"description":"","emoji":"","query":{"sql":""},"rank":0}`,
	} {
		var update gen.ListUpdate
		if err := json.Unmarshal([]byte(want), &update); err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(update)
		if err != nil || string(got) != want {
			t.Errorf("%s became %s, %v", want, got, err)
		}
	}
	var made gen.ListUpdate
	made.Emoji.SetNull()
	made.Title = ptr("")
	if got, err := json.Marshal(made); err != nil || string(got) != `{"emoji":null,"title":""}` {
		t.Errorf("made %s, %v", got, err)
	}
}

func TestRequiredFieldsThatWereLeftAloneAreFilledIn(t *testing.T) {
	for want, value := range map[string]any{
		`{"data":{"attributes":{"access_level":"view"},"type":"object-record-access"}}`: gen.UpdateGrantRequest{Data: gen.GrantUpdate{Attributes: gen.GrantUpdateAttributes{AccessLevel: gen.GrantLevelView}}},
		`{"access_level":"view","grantee_id":null,"grantee_type":"workspace"}`:          gen.WorkspaceGrant{AccessLevel: gen.GrantLevelView},
		`{"items":[]}`: gen.DeleteRecordsRequest{},
		`{"data":[{"id":null,"type":"company"}]}`:                                            gen.RelationshipChange{Data: []gen.RelationshipMember{{Type: "company"}}},
		`{"_id":"b","filters":[],"input":{},"next":null,"plugin_id":"","prev":null}`:         gen.WorkflowBlock{ID: "b"},
		`{"children":[],"version":1}`:                                                        gen.NavigationTree{},
		`{"data":{"attributes":{},"type":"person"}}`:                                         gen.CreateRecordRequest{Data: gen.NewRecord{Type: "person"}},
		`{"language":"en","speaker":null,"speaker_id":null,"words":[]}`:                      gen.TranscriptSegment{Language: "en"},
		`{"data":{"attributes":{"hiddenInDetails":{}},"type":"schema-property-visibility"}}`: gen.FieldVisibilityRequest{},
	} {
		if got, err := json.Marshal(value); err != nil || !sameJSON(t, got, []byte(want)) {
			t.Errorf("%T became %s, %v, want %s", value, got, err, want)
		}
	}
}

func TestAdditionalPropertiesMayNotRepeatAField(t *testing.T) {
	_, err := json.Marshal(gen.PersonName{AdditionalProperties: map[string]any{"first_name": "Ada"}})
	if err == nil || !strings.Contains(err.Error(), `"first_name"`) {
		t.Errorf("%v", err)
	}
}

func TestUnionsAreReadAsWhatTheyAre(t *testing.T) {
	var tree gen.LayoutTree
	if err := json.Unmarshal([]byte(`{"version":1,"children":[{"id":"t","type":"Tabs","children":[]},{"id":"w","type":"Widgets","children":[]},{"id":"s","type":"Sidebar","children":[{"id":"l","type":"RelatedLists"}]}]}`), &tree); err != nil {
		t.Fatal(err)
	}
	page, err := tree.AsRecordPageTree()
	if err != nil {
		t.Fatal(err)
	}
	kinds := []string{}
	for _, part := range page.Children {
		value, err := part.ValueByDiscriminator()
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, fmt.Sprintf("%T", value))
	}
	if want := []string{"gen.LayoutTabs", "gen.LayoutWidgets", "gen.LayoutSidebar"}; !slices.Equal(kinds, want) {
		t.Errorf("parts %v, want %v", kinds, want)
	}
	if _, err := page.Children[0].AsLayoutSidebar(); err == nil || !strings.Contains(err.Error(), `"Tabs"`) {
		t.Errorf("tabs were read as a sidebar: %v", err)
	}
	sidebar, err := page.Children[2].AsLayoutSidebar()
	if err != nil {
		t.Fatal(err)
	}
	if panel, err := sidebar.Children[0].AsSidebarPanel(); err != nil || panel.Type != gen.SidebarPanelTypeRelatedLists {
		t.Errorf("panel %+v, %v", panel, err)
	}

	var part gen.RecordPagePart
	if err := part.FromLayoutTabs(gen.LayoutTabs{ID: "t"}); err != nil {
		t.Fatal(err)
	}
	if kind, err := part.Discriminator(); err != nil || kind != "Tabs" {
		t.Errorf("a part made from tabs is %q, %v", kind, err)
	}
	if err := json.Unmarshal([]byte(`{"type":"Later"}`), &part); err != nil {
		t.Fatal(err)
	}
	if _, err := part.ValueByDiscriminator(); err == nil || !strings.Contains(err.Error(), `"Later"`) {
		t.Errorf("a part of an unknown kind: %v", err)
	}
}

// A document of one branch is not read as another.
func TestNoUnionIsReadAsWhatItIsNot(t *testing.T) {
	for _, tt := range []struct {
		union    string
		document string
		as       map[string]func([]byte) error
		is       string
	}{
		{"LayoutTree", `{"version":1,"children":[{"id":"a","type":"NavGroup","props":{"name":"A"},"children":[]},{"id":"b","type":"NavGroup","props":{"name":"B"},"children":[]},{"id":"c","type":"NavGroup","props":{"name":"C"},"children":[]}]}`, layoutTree, "NavigationTree"},
		{"LayoutTree", `{"version":1,"children":[{"id":"t","type":"Tabs","children":[]},{"id":"w","type":"Widgets","children":[]},{"id":"s","type":"Sidebar","children":[]}]}`, layoutTree, "RecordPageTree"},
		{"IngestionMatch", `{"pattern":"*@x"}`, ingestionMatch, "IngestionPattern"},
		{"IngestionMatch", `{"regex":".*"}`, ingestionMatch, "IngestionRegex"},
		{"IngestionMatch", `"a@x.example"`, ingestionMatch, "IngestionAddress"},
		{"EnumEdit", `{"properties":{"items":{"items":{"enum":["a"]}}}}`, enumEdit, "MultiSelectOptions"},
		{"EnumEdit", `{"enum":["a"]}`, enumEdit, "EnumOptions"},
		{"ResourceLinkage", `null`, resourceLinkage, ""},
		{"ResourceLinkage", `[]`, resourceLinkage, "ResourceIdentifiers"},
		{"ResourceLinkage", `{"type":"person","id":"x"}`, resourceLinkage, "ResourceIdentifier"},
		{"PathStep", `"items"`, pathStep, "PathName"},
		{"PathStep", `1.0`, pathStep, "PathIndex"},
	} {
		for name, as := range tt.as {
			if err := as([]byte(tt.document)); (err == nil) != (name == tt.is) {
				t.Errorf("%s %s read as %s: %v", tt.union, tt.document, name, err)
			}
		}
	}
	var unset gen.ResourceLinkage
	if _, err := unset.AsResourceIdentifier(); err == nil {
		t.Error("a union that is not set is read")
	}
}

// as returns a function that reads a document as a branch of a union.
func as[U, T any](branch func(U) (T, error)) func([]byte) error {
	return func(b []byte) error {
		var union U
		if err := json.Unmarshal(b, &union); err != nil {
			return err
		}
		_, err := branch(union)
		return err
	}
}

var (
	layoutTree = map[string]func([]byte) error{
		"NavigationTree": as(gen.LayoutTree.AsNavigationTree),
		"RecordPageTree": as(gen.LayoutTree.AsRecordPageTree),
	}
	ingestionMatch = map[string]func([]byte) error{
		"IngestionAddress": as(gen.IngestionMatch.AsIngestionAddress),
		"IngestionRegex":   as(gen.IngestionMatch.AsIngestionRegex),
		"IngestionPattern": as(gen.IngestionMatch.AsIngestionPattern),
	}
	enumEdit = map[string]func([]byte) error{
		"EnumOptions":        as(gen.EnumEdit.AsEnumOptions),
		"MultiSelectOptions": as(gen.EnumEdit.AsMultiSelectOptions),
	}
	resourceLinkage = map[string]func([]byte) error{
		"ResourceIdentifier":  as(gen.ResourceLinkage.AsResourceIdentifier),
		"ResourceIdentifiers": as(gen.ResourceLinkage.AsResourceIdentifiers),
	}
	pathStep = map[string]func([]byte) error{
		"PathName":  as(gen.PathStep.AsPathName),
		"PathIndex": as(gen.PathStep.AsPathIndex),
	}
)

func TestTimesAreWrittenAsTheAPIWritesThem(t *testing.T) {
	zone := time.FixedZone("", 2*60*60)
	for _, tt := range []struct {
		time time.Time
		want string
	}{
		{time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC), `"2026-02-03T04:05:06.000Z"`},
		{time.Date(2026, 2, 3, 4, 5, 6, 780_000_000, zone), `"2026-02-03T02:05:06.780Z"`},
		{time.Date(2026, 2, 3, 4, 5, 6, 1, time.UTC), `"2026-02-03T04:05:06.000000001Z"`},
	} {
		got, err := json.Marshal(gen.NewTime(tt.time))
		if err != nil || string(got) != tt.want {
			t.Errorf("%v became %s, %v, want %s", tt.time, got, err, tt.want)
		}
	}
	if _, err := json.Marshal(gen.NewTime(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC))); err == nil {
		t.Error("the year 10000 is written")
	}

	var read gen.Time
	if err := json.Unmarshal([]byte(`"2026-02-03T04:05:06.7Z"`), &read); err != nil {
		t.Fatal(err)
	}
	if got, _ := json.Marshal(read); string(got) != `"2026-02-03T04:05:06.7Z"` {
		t.Errorf("a time that was decoded is written as %s", got)
	}
	read.Time = read.Add(time.Hour)
	if got, _ := json.Marshal(read); string(got) != `"2026-02-03T05:05:06.700Z"` {
		t.Errorf("a time that was changed is written as %s", got)
	}
	for _, bad := range []string{`"yesterday"`, `17`, `""`} {
		if err := json.Unmarshal([]byte(bad), &read); err == nil {
			t.Errorf("%s is decoded as a time", bad)
		}
	}
}
