package contract_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/rerun"
)

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
			for range 10 / rerun.Stride(5) {
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
		for range 10 / rerun.Stride(5) {
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
