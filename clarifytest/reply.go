package clarifytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// reply is what a handler responds. Its body is encoded as JSON, unless it is
// plain, and left out if the status is 204.
type reply struct {
	status int
	body   any
}

// plain is a body that is sent as it is.
type plain struct {
	contentType string
	text        []byte
}

// encode returns the status and the body of a reply, and sets the header that
// goes with it.
func encode(r reply, header http.Header) (int, []byte) {
	if r.status == http.StatusNoContent {
		return r.status, nil
	}
	if p, ok := r.body.(plain); ok {
		header.Set("Content-Type", p.contentType)
		return r.status, p.text
	}
	header.Set("Content-Type", "application/json; charset=utf-8")
	body, err := encodeJSON(r.body)
	if err != nil {
		panic(err)
	}
	return r.status, body
}

// decodeJSON decodes one JSON value and keeps the digits of its numbers.
func decodeJSON(data []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("it is empty")
		}
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the value")
	}
	return value, nil
}

// encodeJSON encodes a value as it is answered, on a line of its own.
func encodeJSON(value any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return text.Bytes(), err
}
