package storage

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// NewFile returns a file that was uploaded. It hashes the data, so call it without
// holding a lock. The file keeps little more memory than its data needs.
func NewFile(key, contentType string, data []byte) File {
	if cap(data) > len(data)+len(data)/8 {
		data = bytes.Clone(data)
	}
	sum := sha256.Sum256(data)
	return File{Key: key, ContentType: contentType, Data: data, ETag: `"` + hex.EncodeToString(sum[:16]) + `"`}
}

// checkLength rejects a body without a length, and one that is too long.
func (x *responder) checkLength(limit int64) *failure {
	switch length := x.request.ContentLength; {
	case length < 0:
		return &failure{http.StatusLengthRequired, "MissingContentLength", "You must provide the Content-Length HTTP header."}
	case length > limit:
		return tooLarge(x.MaxFile)
	}
	return nil
}

func tooLarge(limit int64) *failure {
	return &failure{http.StatusBadRequest, "EntityTooLarge",
		fmt.Sprintf("Your proposed upload exceeds the maximum allowed size of %d bytes.", limit)}
}

var incompleteBody = &failure{http.StatusBadRequest, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header"}

// putFile stores the body of a request.
func (x *responder) putFile(key string) *failure {
	if f := x.checkLength(x.MaxFile); f != nil {
		return f
	}
	// Reject an upload that has no place before its bytes are read.
	if !x.Reserved(key) {
		return denied("Access Denied")
	}
	data, err := io.ReadAll(x.request.Body)
	if err != nil {
		return incompleteBody
	}
	return x.store(NewFile(key, x.request.Header.Get("Content-Type"), data), http.StatusOK)
}

// store stores a file, if its key is still reserved, and responds.
func (x *responder) store(f File, status int) *failure {
	if !x.Upload(f) {
		return denied("Access Denied")
	}
	x.Header().Set("ETag", f.ETag)
	x.WriteHeader(status)
	return nil
}

// postForm stores the file of a form, which is its last part.
func (x *responder) postForm() *failure {
	if f := x.checkLength(x.MaxBody()); f != nil {
		return f
	}
	malformed := &failure{http.StatusBadRequest, "MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data."}
	parts, err := x.request.MultipartReader()
	if err != nil {
		return &failure{http.StatusPreconditionFailed, "PreconditionFailed", "Bucket POST must be of the enclosure-type multipart/form-data"}
	}
	fields := formFields{}
	left := int64(maxFormBytes)
	for {
		part, err := parts.NextRawPart()
		switch {
		case errors.Is(err, io.EOF):
			return &failure{http.StatusBadRequest, "InvalidArgument", "POST requires exactly one file upload per request."}
		case err != nil:
			return malformed
		}
		name := strings.ToLower(part.FormName())
		if name == fieldFile {
			return x.storeFormFile(fields, part)
		}
		value, err := io.ReadAll(io.LimitReader(part, left+1))
		if err != nil {
			return malformed
		}
		if left -= int64(len(value)); left < 0 {
			return &failure{http.StatusBadRequest, "MaxPostPreDataLengthExceededError", "Your POST request fields preceding the upload file were too large."}
		}
		if _, twice := fields[name]; twice {
			return &failure{http.StatusBadRequest, "InvalidArgument", "POST requires exactly one field of each name: " + name + " is there twice."}
		}
		fields[name] = string(value)
	}
}

// storeFormFile stores the file of a form with these fields. Anything after the
// file is ignored, but must arrive.
func (x *responder) storeFormFile(fields formFields, part io.Reader) *failure {
	if f := x.checkForm(fields); f != nil {
		return f
	}
	key := fields.get(fieldKey)
	if !x.Reserved(key) {
		return denied("Access Denied")
	}
	data, err := io.ReadAll(io.LimitReader(part, x.MaxFile+1))
	switch {
	case err != nil:
		return incompleteBody
	case int64(len(data)) > x.MaxFile:
		return tooLarge(x.MaxFile)
	}
	if _, err := io.Copy(io.Discard, x.request.Body); err != nil {
		return incompleteBody
	}
	return x.store(NewFile(key, fields.get(fieldType), data), http.StatusNoContent)
}
