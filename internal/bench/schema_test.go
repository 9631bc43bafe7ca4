package bench

import (
	"encoding/json"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
)

// documentOfPeople is the schema of the people. According to it those are bad that the
// server rejects.
const documentOfPeople = `{"type":"schema","id":"https://getclarify.ai/schemas/entities/person","attributes":{"properties":{
	"name":{"type":["object","null"],"properties":{
		"first_name":{"type":["string","null"]},"last_name":{"type":["string","null"]},"full_name":{"type":"string","readOnly":true}}},
	"email_addresses":{"type":["object","null"],"properties":{"items":{"type":"array","items":{"type":"string","format":"email"}}}},
	"phone_numbers":{"type":["object","null"],"properties":{"items":{"type":"array","items":{"type":"string"}}}},
	"job_title":{"type":["string","null"]},
	"company_id":{"type":["string","null"],"xClarifyRelationship":{"kind":"many-to-one","entity":"company","field":"people"}},
	"c_website":{"type":["string","null"]},
	"c_tier":{"type":["string","null"],"enum":["gold","silver","bronze"]},
	"c_score":{"type":["number","null"]},
	"c_visits":{"type":["integer","null"]},
	"c_active":{"type":"boolean"},
	"c_notes":{"type":["string","null"]},
	"c_tags":{"type":["array","null"],"items":{"type":"string"}},
	"c_manager":{"type":["string","null"]}}}}`

func schemaOfPeople(tb testing.TB) *clarify.Schema {
	tb.Helper()
	var document gen.Schema
	if err := json.Unmarshal([]byte(documentOfPeople), &document); err != nil {
		tb.Fatal(err)
	}
	return clarify.NewSchema([]gen.Schema{document})
}

// BenchmarkCheck is the check of a record of 15 fields. It encodes the record first, as an
// import has to do in any case.
func BenchmarkCheck(b *testing.B) {
	object, _ := schemaOfPeople(b).Object("person")
	for row := range rows(1, nil) {
		b.Run("encode", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := encode(row); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("encode-and-check", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := object.Check(row); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
