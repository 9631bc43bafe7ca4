package doctor

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"sync"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/contract"
	"github.com/clarify-go/clarify/internal/doctor/report"
)

// decoder reads responses as the generated client does, for any operation. It can be
// used by several goroutines.
type decoder struct {
	calls map[string]reflect.Method // by operation id

	mu   sync.Mutex
	seen map[bodyKey][]lost // what is lost of each response
}

// bodyKey identifies a successful response by what is decoded of it. In one run half
// of the bytes that arrive have arrived before.
type bodyKey struct {
	operation string
	status    int
	body      [sha256.Size]byte
}

// newDecoder returns the decoder of the process.
var newDecoder = sync.OnceValue(func() *decoder {
	d := &decoder{calls: map[string]reflect.Method{}, seen: map[bodyKey][]lost{}}
	client := reflect.TypeFor[*gen.ClientWithResponses]()
	for _, op := range gen.Operations() {
		if method, ok := client.MethodByName(op.Name + "WithResponse"); ok {
			d.calls[op.ID] = method
		}
	}
	return d
})

// lost is a place in a document that does not fit the generated type, or that differs
// after decoding and encoding.
type lost struct {
	path []string
	what report.Phrase
}

// replay responds to any request with one response.
type replay struct{ x *exchange }

func (r replay) Do(request *http.Request) (*http.Response, error) {
	response := *r.x.response
	response.Body = io.NopCloser(bytes.NewReader(r.x.body))
	response.Request = request
	return &response, nil
}

// compare decodes a success into the generated type, encodes that, and returns what
// was lost on the way.
func (d *decoder) compare(x *exchange) []lost {
	key := bodyKey{x.op.ID, x.status, sha256.Sum256(x.body)}
	d.mu.Lock()
	found, known := d.seen[key]
	d.mu.Unlock()
	if known {
		return found
	}
	found = d.roundTrip(x)
	d.mu.Lock()
	d.seen[key] = found
	d.mu.Unlock()
	return found
}

func (d *decoder) roundTrip(x *exchange) []lost {
	method, ok := d.calls[x.op.ID]
	if !ok || x.json() == nil {
		return nil
	}
	decoded, err := d.decode(method, x)
	if err != nil {
		return []lost{{what: report.Say("cannot be decoded")}}
	}
	if decoded == nil {
		return nil // There is nothing to decode.
	}
	again, err := json.Marshal(decoded)
	if err != nil {
		return []lost{{what: report.Say("cannot be encoded again")}}
	}
	found := differences(nil, x.json(), decodeJSON(again))
	for _, pointer := range gen.Unfit(decoded) {
		found = append(found, lost{contract.ParsePointer(pointer), report.Say("does not fit the generated type")})
	}
	return found
}

// decode calls the generated method with the response in place of the network, and
// returns what the body was decoded to.
func (d *decoder) decode(method reflect.Method, x *exchange) (any, error) {
	client, err := gen.NewClientWithResponses("https://api.example/", gen.WithHTTPClient(replay{x}))
	if err != nil {
		return nil, err
	}
	args := []reflect.Value{reflect.ValueOf(client), reflect.ValueOf(context.Background())}
	for i := 2; i < method.Type.NumIn()-1; i++ {
		in := method.Type.In(i)
		arg := reflect.Zero(in)
		if in.Kind() == reflect.String {
			arg = reflect.ValueOf("x").Convert(in)
		}
		args = append(args, arg)
	}
	results := method.Func.Call(args)
	if err, _ := results[1].Interface().(error); err != nil {
		return nil, err
	}
	for _, name := range []string{"JSON" + strconv.Itoa(x.status), "JSON200", "JSON201", "JSON202"} {
		field := results[0].Elem().FieldByName(name)
		if field.IsValid() && field.Kind() == reflect.Pointer && !field.IsNil() {
			return field.Interface(), nil
		}
	}
	return nil, nil
}

// decodeJSON decodes a JSON value, with numbers as json.Number. It returns nil for
// what is not JSON.
func decodeJSON(data []byte) any {
	var value any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return nil
	}
	return value
}

// differences compares two JSON values.
func differences(path []string, before, after any) []lost {
	if reflect.DeepEqual(before, after) {
		return nil // most are equal, and this allocates nothing
	}
	at := func(step string) []string { return append(slices.Clone(path), step) }
	switch b := before.(type) {
	case map[string]any:
		a, ok := after.(map[string]any)
		if !ok {
			break
		}
		var found []lost
		for _, name := range slices.Sorted(maps.Keys(b)) {
			value := b[name]
			if other, ok := a[name]; ok {
				found = append(found, differences(at(name), value, other)...)
			} else {
				found = append(found, lost{at(name), report.Say("%v is lost", report.Shape(value))})
			}
		}
		for _, name := range slices.Sorted(maps.Keys(a)) {
			if _, ok := b[name]; !ok {
				found = append(found, lost{at(name), report.Say("%v is added", report.Shape(a[name]))})
			}
		}
		return found
	case []any:
		a, ok := after.([]any)
		if !ok || len(a) != len(b) {
			break
		}
		var found []lost
		for i := range b {
			found = append(found, differences(at(strconv.Itoa(i)), b[i], a[i])...)
		}
		return found
	}
	return []lost{{path, report.Say("%v becomes %v", report.Shape(before), report.Shape(after))}}
}
