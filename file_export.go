package clarify

import (
	"context"
	"fmt"
	"io"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/stream"
)

// ExportSQL exports what a SQL query finds, instead of the list's own query. An
// empty query has no effect.
func ExportSQL(query string) ExportOption {
	return exportOption(func(o *transferOptions) error {
		o.rows.SQL = nil
		if query != "" {
			o.rows.SQL = &query
		}
		return nil
	})
}

// ExportSearch exports the records in which these words are found. An empty string
// has no effect.
func ExportSearch(words string) ExportOption {
	return exportOption(func(o *transferOptions) error {
		o.rows.Search = nil
		if words != "" {
			o.rows.Search = &gen.ListRowsSearch{Query: &words}
		}
		return nil
	})
}

// ExportList writes the records of a list to w as CSV, with the names of the
// columns in the first row. It returns how many bytes were written, also with an
// error. object is that of the list, such as person, and list its id.
//
// The bytes are streamed as the API sends them, without a limit. A response that
// breaks off is an [Error] that matches [io.ErrUnexpectedEOF]: what came before has
// been written, and the export is not retried. An error of w is wrapped. A timeout
// of the HTTP client bounds the export too.
func (c *Client) ExportList(ctx context.Context, object, list string, w io.Writer, opts ...ExportOption) (int64, error) {
	o := &transferOptions{}
	for _, opt := range opts {
		if opt == nil {
			return 0, errNilOption
		}
		if err := opt.forExport(o); err != nil {
			return 0, err
		}
	}
	if err := checkWriter(ctx, w); err != nil {
		return 0, err
	}
	rsp, err := c.GetListRowsCSV(ctx, object, list, &gen.GetListRowsCSVParams{Silent: silence(o.silent)}, o.rows)
	if err != nil {
		return 0, err
	}
	defer rsp.Body.Close()
	n, writeErr, readErr := stream.Download(w, rsp.Body, rsp.ContentLength, o.progress)
	switch {
	case readErr != nil:
		e := responseError("getListRowsCsv", rsp, readErr)
		e.cause = readErr
		return n, e
	case writeErr != nil:
		return n, fmt.Errorf("clarify: %w", writeErr)
	}
	return n, nil
}
