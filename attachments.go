package clarify

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/clarify-go/clarify/gen"
)

// UploadedAttachment is a file that was uploaded to a record.
type UploadedAttachment struct {
	// ID is the file's id, as [Client.DownloadAttachment] takes it.
	ID string
	// Key is what storage calls the file.
	Key string
	// Record is what the API responded when the file was registered. It is nil if
	// that failed.
	Record *gen.Resource
}

// UploadAttachment attaches a file to a record. It sends the bytes of r, which
// must be size in number, under the name to storage, and then has the API
// register the file. They are streamed, so that memory does not grow with them.
//
// A reader that ends earlier or has more is an error, as is one that fails, and
// the file is not registered. If r ends too early the error matches
// [io.ErrUnexpectedEOF]; the last bytes are sent only once r has ended. If r is
// an [io.Seeker], the upload begins again where r stood when the connection or
// storage (5xx) fails, at most twice and within [WithRetries]. r is not closed.
//
// A failure of storage is a [StorageError], one of the API an [Error]. If
// registering failed, the result comes along with the error: the file is in
// storage, and AddRecordAttachmentWithResponse with its ID, Key and name tries
// again to register it, which is called for if the error does not match
// [ErrOutcomeUnknown].
//
// Storage gets neither the credential nor any other header of the API. Its
// address must be https or loopback. A timeout of the HTTP client bounds the
// upload too. When ctx ends, so does the call; a Read of r that is waiting then
// ends by itself, and r is left alone after it.
func (c *Client) UploadAttachment(ctx context.Context, object, id, name string, r io.Reader, size int64, opts ...TransferOption) (*UploadedAttachment, error) {
	o, err := applyTransfer(opts)
	if err != nil {
		return nil, err
	}
	if err := checkReader(ctx, r, size); err != nil {
		return nil, err
	}
	if name == "" {
		return nil, errors.New("clarify: the name of the file is empty")
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
	if err := c.upload(ctx, to, payload{reader: r, size: size, progress: o.progress}); err != nil {
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

// DownloadAttachment writes a file of a record to w, as it was stored, and
// returns how many bytes were written, also with an error. The ids of a record's
// files come from ListRecordAttachmentsWithResponse.
//
// The bytes are streamed, and there is no limit on them. A file that breaks off
// is a [StorageError] that matches [io.ErrUnexpectedEOF], and what came before
// has been written. Before the first byte, a failure of the connection or of
// storage (5xx) is followed by another attempt, at most twice and within
// [WithRetries]. Other failures of storage are a [StorageError] as well, one of
// the API is an [Error], and one of w is wrapped.
//
// Storage gets neither the credential nor any other header of the API. Its
// address must be https or loopback. A timeout of the HTTP client bounds the
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

// incomplete is the error of a response without what the next step needs.
func incomplete(operation string, rsp *http.Response, member string) error {
	e := responseError(operation, rsp, errors.New(member+" is missing"))
	// It may have an address that is signed.
	e.Body = nil
	// Getting a place changes nothing that anybody sees.
	e.OutcomeUnknown = false
	return e
}
