package clarify_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
)

type stage string

type level int

func (l level) String() string { return "level-" + fmt.Sprint(int(l)) }

func TestValueMeansItself(t *testing.T) {
	timestamp := time.Date(2026, 8, 17, 12, 30, 45, 678_912_345, time.FixedZone("", 2*60*60))
	for _, test := range []struct {
		value any
		want  string
	}{
		{"*x", "*x"},
		{"x*", "x*"},
		{">5", ">5"},
		{"!=a", "!=a"},
		{"a,b", "a,b"},
		{"null", "null"},
		{"!null", "!null"},
		{"", ""},
		{" a b ", " a b "},
		{"a+b&c=d#e%41?/\\[x]", "a+b&c=d#e%41?/\\[x]"},
		{"Größe 大 🎉", "Größe 大 🎉"},
		{"line\r\nbreak\x00", "line\r\nbreak\x00"},
		{"\xff", "\xff"},
		{stage("Won"), "Won"},
		{ptr("pointer"), "pointer"},
		{true, "true"},
		{false, "false"},
		{42, "42"},
		{int8(-8), "-8"},
		{int64(math.MinInt64), "-9223372036854775808"},
		{uint64(math.MaxUint64), "18446744073709551615"},
		{ptr(7), "7"},
		{1e21, "1000000000000000000000"},
		{1e-7, "0.0000001"},
		{0.1, "0.1"},
		{float32(0.1), "0.1"},
		{-0.5, "-0.5"},
		{json.Number("123456789012.3400"), "123456789012.3400"},
		{json.Number("1.20e3"), "1200"},
		{json.Number("12E-4"), "0.0012"},
		{json.Number("-1.5e-1"), "-0.15"},
		{json.Number("0.00123e2"), "0.123"},
		{json.Number("1e0"), "1"},
		{big.NewInt(12), "12"},
		{timestamp, "2026-08-17T10:30:45.678Z"},
		{&timestamp, "2026-08-17T10:30:45.678Z"},
		{clarify.Date{Year: 2026, Month: 2, Day: 3}, "2026-02-03"},
		{clarify.DateOf(timestamp), "2026-08-17"},
		{level(3), "level-3"},
	} {
		got := ask(t, clarify.Where("f", clarify.Is, test.value))
		if len(got) != 1 {
			t.Fatalf("len(got) is %v, want %v", len(got), 1)
		}
		wantEqual(t, `len(got["filter[f][Is]"])`, len(got["filter[f][Is]"]), 1)
		wantEqual(t, `got.Get("filter[f][Is]")`, got.Get("filter[f][Is]"), test.want)
	}
}

func TestDateIsADay(t *testing.T) {
	var holder struct {
		Day  clarify.Date  `json:"day"`
		None *clarify.Date `json:"none"`
	}
	if err := json.Unmarshal([]byte(`{"day":"2024-02-29","none":null}`), &holder); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, "holder.Day", holder.Day, clarify.Date{Year: 2024, Month: time.February, Day: 29})
	if holder.None != nil {
		t.Errorf("got %+v", holder)
	}
	if got := encoded(t, holder); got != `{"day":"2024-02-29","none":null}` {
		t.Errorf("got %s", got)
	}
	for _, wrong := range []string{"2024-2-9", "2024-02-30", "", "2024-02-29T00:00:00Z"} {
		mentions(t, new(clarify.Date).UnmarshalText([]byte(wrong)), "YYYY-MM-DD")
	}
	late := time.Date(2026, 1, 1, 1, 0, 0, 0, time.FixedZone("", 2*60*60))
	if got := clarify.DateOf(late).String() + clarify.DateOf(late.UTC()).String(); got != "2026-01-012025-12-31" {
		t.Errorf("got %s", got)
	}
}
