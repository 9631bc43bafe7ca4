package clarify

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/stream"
)

// UploadedAttachment is a file that was uploaded to a record.
type UploadedAttachment struct {
	// ID is the file's id, which [Client.DownloadAttachment] takes.
	ID string
	// Key is the file's name in storage.
	Key string
	// Record is the API's response to the registration of the file. It is nil if the
	// registration failed.
	Record *gen.Resource
}

// UploadAttachment attaches a file to a record. It sends size bytes of r to storage
// and then registers the file under the name. The bytes are streamed, so memory does
// not grow with them.
//
// A reader that fails, ends early or has more than size bytes is an error, and the
// file is not registered. If r ends early, the error matches [io.ErrUnexpectedEOF].
// If r is an [io.Seeker], the upload is retried from where r stood at first when the
// connection or storage (5xx) fails, at most twice and within [WithRetries]. r is
// not closed.
//
// A failure of storage is a [StorageError], one of the API an [Error]. If the
// registration fails, the result is returned along with the error: the file is in
// storage, and AddRecordAttachmentWithResponse with its ID, Key and name registers
// it. Do so only if the error does not match [ErrOutcomeUnknown].
//
// Storage gets neither the credential nor any other header of the API. Its URL must
// be https, or http to a loopback host. A timeout of the HTTP client bounds the
// upload too. The call ends with ctx. A Read of r that is waiting at that time may
// end later, and is the last one.
func (c *Client) UploadAttachment(ctx context.Context, object, id, name string, r io.Reader, size int64, opts ...TransferOption) (*UploadedAttachment, error) {
	o, err := applyTransfer(opts)
	if err != nil {
		return nil, err
	}
	if err := checkReader(ctx, r, size); err != nil {
		return nil, err
	}
	if name == "" {
		return nil, errors.New("clarify: the file name is empty")
	}
	response, err := c.GetSignedURLForRecordAttachmentUploadWithResponse(ctx, object, id,
		&gen.GetSignedURLForRecordAttachmentUploadParams{Silent: silence(o.silent)},
		gen.AttachmentUploadRequest{Name: name})
	if err != nil {
		return nil, err
	}
	if response.JSON200 == nil {
		return nil, incomplete("getSignedUrlForRecordAttachmentUpload", response.HTTPResponse, "data")
	}
	place := response.JSON200.Data
	for _, member := range []struct{ name, value string }{
		{"signedUrl", place.SignedURL}, {"key", place.Key}, {"attachmentId", place.AttachmentID},
	} {
		if member.value == "" {
			return nil, incomplete("getSignedUrlForRecordAttachmentUpload", response.HTTPResponse, member.name)
		}
	}
	to, err := newSigned(http.MethodPut, place.SignedURL)
	if err != nil {
		return nil, err
	}
	if err := c.upload(ctx, to, payload{file: stream.NewUpload(r, size, o.progress)}); err != nil {
		return nil, err
	}
	uploaded := &UploadedAttachment{ID: place.AttachmentID, Key: place.Key}
	registered, err := c.AddRecordAttachmentWithResponse(ctx, object, id,
		&gen.AddRecordAttachmentParams{Silent: silence(o.silent)},
		gen.NewAttachment{AttachmentID: place.AttachmentID, Key: place.Key, Name: name})
	if err != nil {
		return uploaded, err
	}
	if registered.JSON201 != nil {
		uploaded.Record = &registered.JSON201.Data
	}
	return uploaded, nil
}

// DownloadAttachment writes a file of a record to w as it was stored. It returns how
// many bytes were written, also with an error. [Client.Attachments] lists the ids of
// a record's files.
//
// The bytes are streamed, without a limit. A file that breaks off is a
// [StorageError] that matches [io.ErrUnexpectedEOF]: what came before has been
// written. Before the first byte, a failure of the connection or of storage (5xx) is
// retried, at most twice and within [WithRetries]. Other failures of storage are a
// [StorageError] as well, those of the API an [Error]. An error of w is wrapped.
//
// Storage gets neither the credential nor any other header of the API. Its URL must
// be https, or http to a loopback host. A timeout of the HTTP client bounds the
// download too.
func (c *Client) DownloadAttachment(ctx context.Context, object, id, attachmentID string, w io.Writer, opts ...TransferOption) (int64, error) {
	o, err := applyTransfer(opts)
	if err != nil {
		return 0, err
	}
	if err := checkWriter(ctx, w); err != nil {
		return 0, err
	}
	response, err := c.GetRecordAttachmentWithResponse(ctx, object, id, attachmentID)
	if err != nil {
		return 0, err
	}
	if response.JSON200 == nil || response.JSON200.Data.URL == "" {
		return 0, incomplete("getRecordAttachment", response.HTTPResponse, "url")
	}
	from, err := newSigned(http.MethodGet, response.JSON200.Data.URL)
	if err != nil {
		return 0, err
	}
	return c.download(ctx, from, w, o.progress)
}

func applyTransfer(opts []TransferOption) (*transferOptions, error) {
	o := &transferOptions{}
	for _, opt := range opts {
		if opt == nil {
			return nil, errNilOption
		}
		if err := opt.forTransfer(o); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// incomplete returns the error for a response without what the next step needs.
func incomplete(operation string, rsp *http.Response, member string) error {
	e := responseError(operation, rsp, errors.New(member+" is missing"))
	// It may have a signed URL.
	e.Body = nil
	// Asking for a place in storage changes nothing that anybody sees.
	e.OutcomeUnknown = false
	return e
}
