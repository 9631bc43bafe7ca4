package clarify

import (
	"context"
	"io"

	"github.com/clarify-go/clarify/gen"
)

// ExportSQL exports what a query in SQL finds, instead of the list's own query.
// An empty one is as if the option were not there.
func ExportSQL(query string) ExportOption {
	return exportOption(func(o *transferOptions) error {
		o.rows.SQL = nil
		if query != "" {
			o.rows.SQL = &query
		}
		return nil
	})
}

// ExportSearch exports the records in which these words are found. Empty words
// are as if the option were not there.
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
// columns in the first row, and returns how many bytes were written, also with
// an error. object is the list's, such as person, and list its id.
//
// The bytes are streamed as the API sends them, and there is no limit on them.
// A response that breaks off is an [Error] that matches [io.ErrUnexpectedEOF],
// and what came before has been written; it is not asked for again. An error of
// w is wrapped. A timeout of the HTTP client bounds the export too.
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
	n, writing, reading := receive(w, rsp.Body, rsp.ContentLength, o.progress)
	if reading != nil {
		e := responseError("getListRowsCsv", rsp, reading)
		e.cause = reading
		return n, e
	}
	return n, writing
}
