package clarify

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"

	"github.com/clarify-go/clarify/internal/jsonscan"
)

// encodeJSON encodes v without the escapes that only HTML needs.
func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// unmarshal decodes one JSON value by encoding/json alone. Numbers become
// json.Number where v leaves the type open.
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
		return errors.New("unexpected data after the JSON value")
	}
	return nil
}

// optional stays unset if the JSON value has another type than T.
type optional[T any] struct{ value T }

func (o *optional[T]) UnmarshalJSON(b []byte) error {
	var value T
	if unmarshal(b, &value) == nil {
		o.value = value
	}
	return nil
}

// jsonString encodes a string, which cannot fail.
func jsonString(s string) json.RawMessage {
	b, err := encodeJSON(s)
	if err != nil {
		return json.RawMessage(`""`)
	}
	return b
}

// members are the members of a JSON object, in their order.
type members []member

type member struct {
	name  string
	value json.RawMessage
}

// membersOf reads a JSON object. The values are subslices of b.
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

// get returns the value of a member and whether it exists. The last of several
// with the same name wins.
func (m members) get(name string) (json.RawMessage, bool) {
	for _, one := range slices.Backward(m) {
		if one.name == name {
			return one.value, true
		}
	}
	return nil, false
}

// kindOfJSON returns the type of a JSON value, for messages.
func kindOfJSON(b []byte) string {
	switch b[0] {
	case '[':
		return "a list"
	case '"':
		return "a string"
	case 'n':
		return "null"
	case 't', 'f':
		return "true or false"
	}
	return "a number"
}
