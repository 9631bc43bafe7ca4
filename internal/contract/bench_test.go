package contract_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/clarify-go/clarify/gen"
)

// page is a page of 100 entries.
func page(entry string) []byte {
	entries := make([]string, 100)
	for i := range entries {
		entries[i] = fmt.Sprintf(entry, i)
	}
	return []byte(`{"links":{"next":null,"prev":null},"meta":{"total_records":100,"total_pages":1},"data":[` + strings.Join(entries, ",") + `]}`)
}

func benchmarkPage[T any](b *testing.B, entry string) {
	body := page(entry)
	b.Run("decode", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			var page T
			if err := json.Unmarshal(body, &page); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encode", func(b *testing.B) {
		var page T
		if err := json.Unmarshal(body, &page); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := json.Marshal(page); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkUsers(b *testing.B) {
	benchmarkPage[gen.UserPage](b, `{"type":"user","id":"user_%03[1]d","attributes":{"_id":"user_%03[1]d","_created_at":"2026-02-03T04:05:06.789Z","_updated_at":"2026-02-03T04:05:06.789Z","last_active_at":"2026-02-03T04:05:06.789Z","email":"ada@acme.com","name":{"first_name":"Ada","last_name":"Lovelace"},"profile_picture":"https://acme.com/ada.png","roles":{"items":[]}},"relationships":{}}`)
}

func BenchmarkLists(b *testing.B) {
	benchmarkPage[gen.ListPage](b, `{"type":"list","id":"list_%03[1]d","attributes":{"_id":"list_%03[1]d","title":"Customers","description":"All of them","emoji":null,"entity":"company","rank":1.5,"type":"dynamic","state":"published","query":{"sql":"select 1","version":6},"_created_at":"2026-02-03T04:05:06.789Z","_updated_at":"2026-02-03T04:05:06.789Z","_created_by":"user_1","_updated_by":"user_1","user_id":"user_1","owner_id":null,"layout":"table","last_list_evaluation_at":null,"list_evaluation_started_at":null,"list_evaluation_status":"complete","options":{"columnWidths":{"name":120}}},"relationships":{}}`)
}

func BenchmarkResources(b *testing.B) {
	benchmarkPage[gen.ResourcePage](b, `{"type":"person","id":"person_%03d","attributes":{"name":{"first_name":"Ada","last_name":"Lovelace"},"email_addresses":{"items":["ada@acme.com"]},"_created_at":"2026-02-03T04:05:06.789Z","amount":12.50},"relationships":{"company_id":{"data":{"type":"company","id":"c"}}}}`)
}
