package bench

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/internal/bench/ogenapi"
)

func TestAllPeersReadTheSame(t *testing.T) {
	for name, p := range map[string]*peers{"from the server": remote(t, "acme"), "without the network": local(t)} {
		t.Run(name, func(t *testing.T) {
			ours, err := pageOurs[Person](p)(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			typed, err := pageOurs[GeneratedPerson](p)(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			hand, err := p.hand.page(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			generated, err := p.pageGen(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			ogen, err := p.pageOgen(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(ours) != PageSize || len(typed) != PageSize || len(hand) != PageSize || len(generated) != PageSize || len(ogen) != PageSize {
				t.Fatalf("got %d, %d, %d, %d and %d", len(ours), len(typed), len(hand), len(generated), len(ogen))
			}
			for i := range PageSize {
				want := person(i)
				company := fmt.Sprintf(`{"type":"company","id":"c0a8012e-7d7a-4c55-8b1d-%012d"}`, i%997)
				if !reflect.DeepEqual(ours[i].Attributes, want) || ours[i].ID != personID(i) || ours[i].Relationships["company"].String() != `{"data":`+company+`}` {
					t.Fatalf("clarify read %+v", ours[i])
				}
				if got, want := decoded(t, typed[i].Attributes), decoded(t, want); typed[i].ID != personID(i) || !reflect.DeepEqual(got, want) || len(typed[i].Attributes.Extra) > 1 {
					t.Fatalf("clarify read %+v, which is not %+v, into a generated type", got, want)
				}
				if !reflect.DeepEqual(hand[i].Attributes, want) || hand[i].ID != personID(i) || string(hand[i].Relationships["company"].Data) != company {
					t.Fatalf("encoding/json read %+v", hand[i])
				}
				if got, want := decoded(t, generated[i].Attributes), decoded(t, want); generated[i].ID != personID(i) || !reflect.DeepEqual(got, want) {
					t.Fatalf("the generated client read %+v, which is not %+v", got, want)
				}
				linked, ok := ogen[i].Relationships.Value["company"].Data.Get()
				if got := fromOgen(ogen[i].Attributes); !reflect.DeepEqual(got, want) || ogen[i].ID != personID(i) || !ok || linked.ResourceIdentifier.ID != fmt.Sprintf("c0a8012e-7d7a-4c55-8b1d-%012d", i%997) {
					t.Fatalf("ogen's client read %+v", ogen[i])
				}
			}
		})
	}
}

func TestAllDecodersReadTheSame(t *testing.T) {
	body := document(PageSize)
	var want handPage
	if err := json.Unmarshal(body, &want); err != nil {
		t.Fatal(err)
	}
	for _, d := range decoders {
		var got handPage
		if err := d.decode(body, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, %d records", d.name, err, len(got.Data))
		}
	}
}

// decoded is what is in a value when it is JSON.
func decoded(t *testing.T, v any) (fields map[string]any) {
	t.Helper()
	b, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(b, &fields)
	}
	if err != nil {
		t.Fatal(err)
	}
	return fields
}

func fromOgen(a ogenapi.Attributes) Person {
	p := Person{
		Name:   Name{a.Name.FirstName, a.Name.LastName, a.Name.FullName},
		Emails: Items{a.EmailAddresses.Items}, Phones: Items{a.PhoneNumbers.Items},
		JobTitle: a.JobTitle, CompanyID: a.CompanyID, Website: a.CWebsite, Tier: a.CTier,
		Score: a.CScore, Visits: a.CVisits, Active: a.CActive, Notes: a.CNotes, Tags: a.CTags,
		Created: a.CreatedAt, Updated: a.UpdatedAt,
	}
	if manager, ok := a.CManager.Get(); ok {
		p.Manager = &manager
	}
	return p
}

func TestOneRequestReadsTheSame(t *testing.T) {
	p := remote(t, "acme")
	ours, err := clarify.NewRecords[Person](p.ours, "person").Get(t.Context(), personID(0))
	if err != nil {
		t.Fatal(err)
	}
	hand, err := p.hand.get(t.Context(), personID(0))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(ours.Attributes, person(0)) || !reflect.DeepEqual(hand.Attributes, person(0)) {
		t.Errorf("got %+v and %+v", ours, hand)
	}
}

func TestExportsReadTheSameInTheSameOrder(t *testing.T) {
	const total = 4 * PageSize
	p := remote(t, fmt.Sprint("total", total))
	var want []string
	if err := p.hand.export(t.Context(), func(r *handRecord) { want = append(want, r.ID) }); err != nil {
		t.Fatal(err)
	}
	if len(want) != total || want[total-1] != personID(total-1) {
		t.Fatalf("by hand there are %d", len(want))
	}
	for _, concurrency := range []int{1, 16} {
		var got []string
		for r, err := range clarify.NewRecords[Person](p.ours, "person").All(t.Context(), clarify.Concurrency(concurrency)) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, r.ID)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("with Concurrency(%d) there are %d", concurrency, len(got))
		}
	}
}

func TestImportsAreCounted(t *testing.T) {
	for name, bad := range map[string]map[int]bool{"none": nil, "some": someOf(1000, 20)} {
		if _, err := importPeople(t.Context(), remote(t, name), 1000, bad); err != nil {
			t.Errorf("%s bad: %v", name, err)
		}
	}
}
