package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// Response is the response of a handler. Its body is encoded as JSON, unless it is plain,
// and left out if the status is 204.
type Response struct {
	Status int
	Body   any
}

// plain is a body that is sent as it is.
type plain struct {
	contentType string
	text        []byte
}

// Encode returns the status and the body of a response, and sets its headers.
func Encode(r Response, header http.Header) (int, []byte) {
	if r.Status == http.StatusNoContent {
		return r.Status, nil
	}
	if p, ok := r.Body.(plain); ok {
		header.Set("Content-Type", p.contentType)
		return r.Status, p.text
	}
	header.Set("Content-Type", "application/json; charset=utf-8")
	body, err := EncodeJSON(r.Body)
	if err != nil {
		panic(err)
	}
	return r.Status, body
}

// DecodeJSON decodes one JSON value and keeps the digits of its numbers.
func DecodeJSON(data []byte) (any, error) {
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

// EncodeJSON encodes a value for a response, on a line of its own.
func EncodeJSON(value any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return text.Bytes(), err
}
