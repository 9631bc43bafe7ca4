package clarify

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"

	"github.com/clarify-go/clarify/internal/jsonscan"
)

// members are the members of an object in JSON, in their order.
type members []member

type member struct {
	name  string
	value json.RawMessage
}

// membersOf reads an object. The values are parts of b.
func membersOf(b []byte) (members, error) {
	all := make(members, 0, 16)
	scanned, _ := jsonscan.Scan(b, func(s *jsonscan.Scanner) {
		for more := s.Object(); more; more = s.NextMember() {
			all = append(all, member{s.NameText(), s.Raw()})
		}
	})
	if scanned {
		return all, nil
	}
	var found map[string]json.RawMessage
	if err := json.Unmarshal(b, &found); err != nil {
		return nil, err
	}
	all = all[:0]
	for name, value := range found {
		all = append(all, member{name, value})
	}
	return all, nil
}

// get returns the value of a member, and whether there is one. Of several, the
// last one counts.
func (m members) get(name string) (json.RawMessage, bool) {
	for _, one := range slices.Backward(m) {
		if one.name == name {
			return one.value, true
		}
	}
	return nil, false
}

// unmarshal reads one JSON value into v, with encoding/json. Numbers for which the
// type is open become json.Number.
func unmarshal(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		if errors.Is(err, io.EOF) {
			return io.ErrUnexpectedEOF
		}
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON value")
	}
	return nil
}

// encodeJSON writes a JSON value, without the escapes that only HTML needs.
func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// jsonString returns a string in JSON. Encoding a string cannot fail.
func jsonString(s string) json.RawMessage {
	b, err := encodeJSON(s)
	if err != nil {
		return json.RawMessage(`""`)
	}
	return b
}
