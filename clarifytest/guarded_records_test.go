package clarifytest_test

import (
	"fmt"
	"testing"
)

func TestRecordsAreGuarded(t *testing.T) {
	a := start(t)
	id, source := a.create("deal", `{}`), a.create("deal", `{}`)
	one := fmt.Sprintf(`{"type":"deal","id":%q,"attributes":{}}`, id)
	for _, test := range []struct {
		method, target string
		body           any
	}{
		{"POST", "/objects/deal/records", oneRecord("deal", `{}`)},
		{"POST", "/objects/deal/records/bulk", `{"data":[{"type":"deal","attributes":{}}]}`},
		{"PATCH", "/objects/deal/records", `{"data":[` + one + `]}`},
		{"DELETE", "/objects/deal/records", fmt.Sprintf(`{"items":[%q]}`, id)},
		{"GET", "/objects/deal/records/" + id, nil},
		{"PATCH", "/objects/deal/records/" + id, `{"data":` + one + `}`},
		{"DELETE", "/objects/deal/records/" + id, nil},
		{"POST", "/objects/deal/records/" + id + "/merges", js(`{"data":{"type":"deal","attributes":{"sources":[%q]}}}`, source)},
		{"GET", "/objects/deal/resources", nil},
		{"POST", "/objects/deal/resources", oneRecord("deal", `{}`)},
		{"GET", "/objects/deal/resources/" + id, nil},
		{"GET", "/objects/deal/deleted-resources", nil},
	} {
		t.Run(test.method+" "+test.target, func(t *testing.T) {
			a.guarded(test.method, test.target, test.body)
		})
	}
	equal(t, "the deals that are left", a.list("deal").ids(), []string{id, source})
}
