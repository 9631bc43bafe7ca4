package jsonscan_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/internal/jsonscan"
)

// own reads itself, as UnmarshalJSON has it.
type own struct{ JSON string }

func (o *own) UnmarshalJSON(b []byte) error {
	if string(b) == `"rejected"` {
		return errors.New("rejected")
	}
	o.JSON = string(b)
	return nil
}

// ownText reads itself from a text.
type ownText struct{ Text string }

func (o *ownText) UnmarshalText(b []byte) error {
	if string(b) == "rejected" {
		return errors.New("rejected")
	}
	o.Text = string(b)
	return nil
}

type level string

func (l *level) UnmarshalText(b []byte) error {
	*l = level("<" + string(b) + ">")
	return nil
}

type (
	text   string
	labels map[text]text
	deep   []deep
	tree   struct {
		Name     string           `json:"name"`
		Children []*tree          `json:"children"`
		ByName   map[string]*tree `json:"by_name"`
	}
	inner  struct{ A, B, C, D string }
	Inner  struct{ A, B, C, E string }
	Deeper struct {
		Inner
		A string `json:"a"`
		F string
	}
	Twice  struct{ Inner }
	Thrice struct{ Inner }
	secret struct{ G string }
	number int
)

type everything struct {
	Text     string            `json:"text"`
	Named    text              `json:"named"`
	Bool     bool              `json:"bool"`
	Int      int               `json:"int"`
	Int8     int8              `json:"int8"`
	Uint     uint              `json:"uint"`
	Uint16   uint16            `json:"uint16"`
	Float    float64           `json:"float"`
	Float32  float32           `json:"float32"`
	Number   json.Number       `json:"number"`
	Any      any               `json:"any"`
	Raw      json.RawMessage   `json:"raw"`
	Time     time.Time         `json:"time"`
	Own      own               `json:"own"`
	OwnText  ownText           `json:"own_text"`
	Pointer  *string           `json:"pointer"`
	Pointers **int             `json:"pointers"`
	OwnP     *own              `json:"own_p"`
	Texts    []string          `json:"texts"`
	Owns     []own             `json:"owns"`
	Anys     []any             `json:"anys"`
	Bytes    []byte            `json:"bytes"`
	Array    [2]any            `json:"array"`
	Map      map[string]any    `json:"map"`
	Strings  map[string]string `json:"strings"`
	Labels   labels            `json:"labels"`
	Numbers  map[int]string    `json:"numbers"`
	Levels   map[level]any     `json:"levels"`
	Structs  map[string]inner  `json:"structs"`
	Inner    struct {
		A *inner `json:"a,omitempty"`
		B []struct{ C int }
	} `json:"inner"`
	Iface  fmt.Stringer  `json:"iface"`
	Dur    time.Duration `json:"dur"`
	Not    string        `json:"-"`
	Kelvin string        `json:"K"`
	hidden string
	Deep   deep `json:"deep"`
	Tree   tree `json:"tree"`
}

// types are what is decoded into.
var types = []reflect.Type{
	reflect.TypeFor[everything](), reflect.TypeFor[any](), reflect.TypeFor[map[string]any](), reflect.TypeFor[labels](), reflect.TypeFor[tree](),
	reflect.TypeFor[deep](), reflect.TypeFor[[]everything](), reflect.TypeFor[*everything](), reflect.TypeFor[string](), reflect.TypeFor[json.Number](),
	reflect.TypeFor[own](), reflect.TypeFor[ownText](), reflect.TypeFor[[]byte](), reflect.TypeFor[map[level]level](), reflect.TypeFor[map[number]any](),
	reflect.TypeFor[inner](), reflect.TypeFor[Deeper](), reflect.TypeFor[time.Time](), reflect.TypeFor[json.RawMessage](), reflect.TypeFor[chan int](),
	reflect.TypeFor[struct {
		inner
		Inner
	}](),
	reflect.TypeFor[struct {
		*Inner
		*Deeper
		F string `json:"f"`
	}](),
	reflect.TypeFor[struct {
		Twice
		Thrice
		B string
	}](),
	reflect.TypeFor[struct {
		*secret
		A string
	}](),
	reflect.TypeFor[struct {
		secret
		A string
	}](),
	reflect.TypeFor[struct {
		secret `json:"s"`
		Inner  `json:"i"`
		text
		number
	}](),
	reflect.TypeFor[struct {
		A int     `json:"a,string"`
		B *bool   `json:",string"`
		C string  `json:"c,omitempty,string"`
		D float64 `json:"d"`
	}](),
	reflect.TypeFor[struct {
		Embedded struct{ own }
		B        struct{ *ownText }
	}](),
	reflect.TypeFor[struct{ Embedded *struct{ own } }](),
	reflect.TypeFor[struct {
		Upper string `json:"NAME"`
		Lower string `json:"name"`
		Other string `json:"Name_"`
	}](),
	// Tags that a linter does not like.
	tagged(`json:"-,"`), tagged(`json:"a\\b"`), tagged(`json:"'q'"`), tagged(`json:",inline"`), tagged(`json:"c,case:ignore"`),
	tagged(`json:"f,format:unix"`), tagged(`json:",unknown"`), tagged(`json:"c,"`), tagged(`json:"c,,omitempty"`), tagged(`json:"c, omitempty"`),
	tagged(`json:"a b"`), tagged(`json:"é"`), tagged(`json:"$a"`), tagged(`json:" "`), tagged(`json:"c" json:"d"`), tagged(`json`), tagged(`xml:"c"`), tagged(`json:c`),
}

// tagged is a struct with a field that has a tag.
func tagged(tag reflect.StructTag) reflect.Type {
	return reflect.StructOf([]reflect.StructField{{Name: "Field", Type: reflect.TypeFor[map[string]any](), Tag: tag}})
}

var documents = []string{
	`{}`, ` { } `, `[]`, `null`, ` null `, `true`, `"x"`, `1`, ``, ` `, `{`, `}`, `{"text"`, `{"text":`, `{"text":"x"`, `{"text":"x",}`, `{,}`, `{"text" "x"}`, `{"text":"x"} x`, `{"text":"x"}{}`,
	`{"text":"x" "bool":true}`, `[1 2]`, `[1,]`, `[,1]`, `[1`, "\ufeff{}", "{\"text\":\"x\"}\x00", "\x00", `{"a":tru}`, `{"a":nul}`, `{"a":nullx}`, `{"a":truefalse}`, `{'a':1}`, `{a:1}`, `{1:1}`, `{null:1}`,
	`{"text":"x","named":"y","bool":true,"int":-5,"int8":127,"uint":5,"uint16":65535,"float":1.5e3,"float32":0.1,"number":12345678901234567890.10,"any":{"a":[1.0,null,"x",{},[]]},"raw": {"a" : 1} ,"time":"2026-02-03T04:05:06.789Z"}`,
	`{"own":null,"own_p":null,"own_text":null,"pointer":null,"pointers":null,"texts":null,"owns":null,"any":null,"raw":null,"time":null,"bytes":null,"array":null,"map":null,"labels":null,"inner":null,"iface":null,"number":null,"text":null,"int":null,"bool":null,"float":null,"uint":null}`,
	`{"own": {"a" : [1]} ,"own_p":7,"own_text":"x","pointer":"x","pointers":5,"texts":[],"owns":[1,null,"x"],"anys":[],"array":[1],"map":{},"strings":{"a":"b","a":"c","":""},"labels":{"a":"b"},"numbers":{"1":"a","-2":"b"},"levels":{"a":1.50},"structs":{"a":{"A":"x"},"b":null}}`,
	`{"own":"rejected"}`, `{"own_text":"rejected"}`, `{"own_text":1}`, `{"own_text":{}}`, `{"owns":[1,"rejected"]}`, `{"array":[1,2,3]}`, `{"array":[1.0]}`, `{"array":{}}`, `{"iface":1}`, `{"numbers":{"x":"a"}}`, `{"numbers":{"01":"a"}}`,
	`{"text":1}`, `{"text":true}`, `{"text":{}}`, `{"text":[]}`, `{"bool":"true"}`, `{"bool":1}`, `{"int":1.0}`, `{"int":1e2}`, `{"int":"1"}`, `{"int":-0}`, `{"int":9223372036854775808}`, `{"int8":128}`, `{"uint":-1}`, `{"uint16":65536}`,
	`{"float":1e400}`, `{"float":-0}`, `{"float32":1e39}`, `{"float":"1"}`, `{"number":"1.5"}`, `{"number":"x"}`, `{"number":""}`, `{"number":true}`, `{"time":"x"}`, `{"time":1}`, `{"time":"2026-02-03T4:05:06Z"}`, `{"bytes":"YQ=="}`, `{"bytes":"YQ"}`, `{"bytes":[1,2]}`, `{"bytes":"%"}`, `{"dur":5}`, `{"dur":"5s"}`,
	`{"a":01}`, `{"a":-}`, `{"a":1.}`, `{"a":.5}`, `{"a":1e}`, `{"a":1e+}`, `{"a":+1}`, `{"a":0x1}`, `{"a":1E5}`, `{"a":0.0e-0}`, `{"a":NaN}`, `{"any":-0}`, `{"any":1E5}`,
	`{"text":"a","text":"b"}`, `{"text":"a","TEXT":"b"}`, `{"TEXT":"a"}`, `{"map":{"a":1},"map":{"b":2}}`, `{"texts":["a","b"],"texts":["c"]}`, `{"inner":{"a":{"A":"x"}},"inner":{"a":{"B":"y"}}}`, `{"any":{"a":1,"a":2}}`, `{"a":{"b":1,"b":2}}`,
	`{"Te\u0078t":"a"}`, `{"\u0074ext":"a"}`, "{\"te\u017ft\":\"a\"}", "{\"\u212a\":\"a\"}", `{"k":"a"}`, `{"a\\b":"x"}`, `{"-":"x"}`, `{"Not":"x"}`, `{"hidden":"x"}`, `{"Dash":"x"}`, `{"field":{}}`, `{"Field":{"x":1}}`, `{"-":{}}`, `{"q":{}}`, `{"'q'":{}}`, `{"c":{}}`, `{"C":{}}`, `{"f":5}`, `{"a b":{}}`, `{"é":{}}`, `{"É":{}}`, `{"$a":{}}`, `{" ":{}}`, `{"d":{}}`,
	`{"text":"\"\\\/\b\f\n\r\t\u00e9\ud83c\udf89\u0000"}`, `{"text":"\ud800"}`, `{"text":"\udc00\ud800"}`, `{"text":"\ud800\u0041"}`, `{"text":"\ud800\ud800"}`, `{"text":"\ufffd"}`, `{"text":"\x"}`, `{"text":"\u12"}`, `{"text":"\u12g4"}`, `{"text":"\`, `{"text":"\u`, `{"text":"\uABCD\uabcd"}`,
	"{\"text\":\"\xff\"}", "{\"text\":\"\xed\xa0\x80\"}", "{\"text\":\"abcdefgh\xc3\"}", "{\"text\":\"\xffbcdefgh\"}", "{\"text\":\"a\\n\xff\"}", "{\"\xff\":1}", "{\"raw\":\"\xff\"}", "{\"text\":\"a\nb\"}", "{\"text\":\"abcdefghijkl\x1fm\"}", "{\"text\":\"a\\n\x01\"}", "{\"text\":\"a\u2028b \u00e9 \u65e5\u672c\u8a9e \U0001f389\"}", "{\"text\":\"a\x7fb\"}",
	`{"text":"1234567"}`, `{"text":"12345678"}`, `{"text":"123456789"}`, `{"text":"1234567890123456"}`, `{"text":"12345678901234567"}`, `{"text":"1234567\"890"}`, `{"texts":["same","same","sam","same"],"any":["same",{"same":"same"}]}`,
	`{"name":"a","children":[{"name":"b","children":[{}]},null],"by_name":{"x":{"name":"c"},"y":null}}`, `{"tree":{"children":[{"children":[{"children":[]}]}]},"deep":[[],[[]],null]}`, `[[],[[],[[]]]]`, `[{"text":"x"},{},null]`, `[{"text":"x"},{"text":1}]`,
	`{"A":"1","B":"2","C":"3","D":"4","E":"5","F":"6","G":"7"}`, `{"a":"1","b":"2","c":"3","d":"4","e":"5","f":"6","g":"7"}`, `{"s":{"G":"x"},"i":{"A":"x"},"text":"x","number":1}`, `{"a":"1","A":"2"}`, `{"a":"1","B":"true","c":"\"x\"","d":1}`, `{"a":1}`, `{"a":null,"B":null,"c":null}`,
	`{"Embedded":{"own":1}}`, `{"Embedded":1}`, `{"B":"x"}`, `{"B":{"ownText":"x"}}`, `{"name":"a","NAME":"b","Name":"c","nAME":"d"}`, `{"Name":"c"}`, `{"name_":"c"}`, `{"1":1,"-1":2}`, `{"a":"b","c":null}`,
	"\t\r\n{ \"text\"\t:\r\"x\"\n, \"texts\" : [ \"a\" , \"b\" ] , \"any\" : { \"a\" : [ ] } } \n", "{\"text\":\v\"x\"}", "{\"text\":\u00a0\"x\"}",
}

var decoder = jsonscan.NewDecoder()

// compare checks that what is decoded is what encoding/json decodes, and returns
// whether it was.
func compare(t testing.TB, typ reflect.Type, document string) bool {
	t.Helper()
	got, want := reflect.New(typ), reflect.New(typ)
	if !decoder.Decode([]byte(document), got.Interface()) {
		return false
	}
	if err := decode(document, want.Interface()); err != nil {
		t.Errorf("%v is decoded from %q, and encoding/json says %v", typ, document, err)
	} else if !reflect.DeepEqual(got.Interface(), want.Interface()) {
		t.Errorf("%v from %q is\n%#v, and with encoding/json\n%#v", typ, document, got.Elem(), want.Elem())
	}
	return true
}

func decode(document string, v any) error {
	d := json.NewDecoder(strings.NewReader(document))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows")
	}
	return nil
}

func TestValuesAreThoseOfEncodingJSON(t *testing.T) {
	_ = everything{}.hidden
	for _, typ := range types {
		for _, document := range documents {
			compare(t, typ, document)
		}
	}
}

func TestUsualDocumentsAreTaken(t *testing.T) {
	for _, test := range []struct {
		typ      reflect.Type
		document string
	}{
		{reflect.TypeFor[everything](), documents[slices.IndexFunc(documents, func(s string) bool { return strings.HasPrefix(s, `{"text":"x","named"`) })]},
		{reflect.TypeFor[everything](), `{"own":{"a":1},"own_p":null,"own_text":"x","pointer":"x","pointers":5,"texts":["a"],"owns":[1,null],"anys":[1],"array":[1,2],"map":{"a":1},"strings":{"a":"b"},"numbers":{"1":"a"},"levels":{"a":1},"structs":{"a":{"A":"x"}},"unknown":{"a":[{}]},"bytes":"YQ==","TEXT":"x"}`},
		{reflect.TypeFor[everything](), `{"text":"\"\\\/\b\f\n\r\t\u00e9\ud83c\udf89 日本語 🎉","unknown":"\n"}`},
		{reflect.TypeFor[any](), `{"a":[1.0,null,"x",{},[],true,false]}`},
		{reflect.TypeFor[any](), "{\r\n\t\"a\":\t[1, 2]\n}"},
		{reflect.TypeFor[tree](), `{"name":"a","children":[{"name":"b","children":[]}],"by_name":{"x":null}}`},
		{reflect.TypeFor[struct {
			*Inner
			*Deeper
		}](), `{"A":"1","E":"2","F":"3"}`},
	} {
		if !compare(t, test.typ, test.document) {
			t.Errorf("%v is not decoded from %s", test.typ, test.document)
		}
	}
}

func TestDocumentsThatAreCutAreNot(t *testing.T) {
	for _, document := range documents {
		if !json.Valid([]byte(document)) {
			continue
		}
		for n := range len(document) {
			for _, typ := range types[:3] {
				compare(t, typ, document[:n])
			}
		}
	}
}

func TestValuesAreNestedNoDeeperThanEncodingJSONHasIt(t *testing.T) {
	for _, test := range []struct {
		depth int
		taken bool
	}{{9999, true}, {10000, true}, {10001, false}, {3_000_000, false}} {
		lists := strings.Repeat("[", test.depth) + strings.Repeat("]", test.depth)
		for _, typ := range []reflect.Type{reflect.TypeFor[any](), reflect.TypeFor[deep](), reflect.TypeFor[json.RawMessage]()} {
			if got := decoder.Decode([]byte(lists), reflect.New(typ).Interface()); got != test.taken {
				t.Errorf("%d levels of %v: %v", test.depth, typ, got)
			}
		}
		if err := decode(lists, new(any)); (err == nil) != test.taken {
			t.Errorf("%d levels with encoding/json: %v", test.depth, err)
		}
		objects := strings.Repeat(`{"":`, test.depth) + "1" + strings.Repeat("}", test.depth)
		if got := decoder.Decode([]byte(objects), new(any)); got != test.taken {
			t.Errorf("%d levels of objects: %v", test.depth, got)
		}
	}
	// Depth counts what is open, not what was opened.
	if !decoder.Decode([]byte("["+strings.Repeat(`[],{},{"":[]},`, 20000)+"0]"), new(any)) {
		t.Error("what stands side by side counts as nested")
	}
}

func TestStructsOfManyFieldsAreRead(t *testing.T) {
	for _, n := range []int{63, 64, 65, 255, 256, 257} {
		fields := make([]reflect.StructField, n)
		members := make([]string, n)
		for i := range fields {
			fields[i] = reflect.StructField{Name: fmt.Sprint("F", i), Type: reflect.TypeFor[int]()}
			members[i] = fmt.Sprintf(`"F%d":%d`, i, i+1)
		}
		typ := reflect.StructOf(fields)
		all := strings.Join(members, ",")
		if taken := compare(t, typ, "{"+all+"}"); taken != (n <= 256) {
			t.Errorf("%d fields: %v", n, taken)
		}
		for i := range members {
			if compare(t, typ, "{"+all+","+members[i]+"}") {
				t.Errorf("of %d members the one at %d comes twice, and is taken", n, i)
			}
		}
	}
}

func TestNoTextOfTheDocumentIsKept(t *testing.T) {
	document := []byte(`{"text":"a text that is longer than the short ones","texts":["short","also longer than those that are short"],"raw":{"a":1},"any":{"b":"c"},"number":1.50,"pointer":"p"}`)
	var v, want everything
	if !decoder.Decode(document, &v) || decode(string(document), &want) != nil {
		t.Fatal("it is not decoded")
	}
	for i := range document {
		document[i] = 'x'
	}
	if !reflect.DeepEqual(v, want) {
		t.Errorf("got %+v", v)
	}
}

func TestSpecialTypesAreReadAsTold(t *testing.T) {
	d := jsonscan.NewDecoder(
		jsonscan.ReadWith(func(v *own, s *jsonscan.Scanner) {
			if mark := s.Mark(); s.Peek() == '[' {
				n := 0
				for more := s.Array(); more; more = s.NextElement() {
					s.Skip()
					n++
				}
				v.JSON = fmt.Sprint(n, " elements of ")
				s.Return(mark)
			}
			v.JSON += string(s.Raw())
			if v.JSON == "0" {
				s.GiveUp()
				s.Return(jsonscan.Mark{})
			}
		}))
	var v struct {
		A, B own
		C    []*own
	}
	if !d.Decode([]byte(`{"A": {"x":1} ,"B":[1, 2],"C":[null,7]}`), &v) || v.A.JSON != `{"x":1}` || v.B.JSON != `2 elements of [1, 2]` || v.C[0] != nil || v.C[1].JSON != "7" {
		t.Errorf("got %+v", v)
	}
	if d.Decode([]byte(`{"C":[1,0,2]}`), new(struct{ C []own })) {
		t.Error("it did not give up")
	}
}

func TestDecoderIsSafeForConcurrentUse(t *testing.T) {
	d := jsonscan.NewDecoder()
	done := make(chan bool)
	const workers = 8
	for i := range workers {
		go func() {
			ok := true
			for j := range 50 {
				var v everything
				name := fmt.Sprint("text ", i, j)
				ok = ok && d.Decode(fmt.Appendf(nil, `{"text":%q,"texts":[%q],"any":{%q:1}}`, name, name, name), &v) && v.Text == name && v.Texts[0] == name
			}
			done <- ok
		}()
	}
	for range workers {
		if !<-done {
			t.Error("something else was decoded")
		}
	}
}

func FuzzDecode(f *testing.F) {
	for i, document := range documents {
		f.Add(uint8(i), []byte(document))
	}
	f.Fuzz(func(t *testing.T, i uint8, document []byte) {
		compare(t, types[int(i)%len(types)], string(document))
		compare(t, types[0], string(document))
		compare(t, types[1], string(document))
	})
}

// What is put together at random has more of what goes together than what is
// changed at random.
func TestRandomDocumentsAreThoseOfEncodingJSON(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	values := append([]string{`{"a":1}`, `"x"`, `5`, `1.5`, `true`, `null`, `[]`, `{}`, `"2026-02-03T04:05:06Z"`}, documents...)
	taken := 0
	for range 20000 {
		typ := types[random.IntN(len(types))]
		var b bytes.Buffer
		b.WriteByte('{')
		for i := range random.IntN(5) {
			if i > 0 {
				b.WriteByte(',')
			}
			name := "a"
			if typ.Kind() == reflect.Struct && typ.NumField() > 0 && random.IntN(8) > 0 {
				field := typ.Field(random.IntN(typ.NumField()))
				name, _, _ = strings.Cut(field.Tag.Get("json"), ",")
				if name == "" {
					name = field.Name
				}
			}
			fmt.Fprintf(&b, "%q:%s", name, values[random.IntN(len(values))])
		}
		b.WriteByte('}')
		if compare(t, typ, b.String()) {
			taken++
		}
	}
	if taken < 2000 {
		t.Errorf("%d documents were decoded", taken)
	}
}
