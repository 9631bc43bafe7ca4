package faults

import "net/http"

// A Recorder is an http.ResponseWriter that keeps the response.
type Recorder struct {
	Response
	wrote bool
}

// NewRecorder returns a recorder of a response.
func NewRecorder() *Recorder {
	return &Recorder{Response: Response{Status: http.StatusOK, Header: http.Header{}}}
}

// Header implements http.ResponseWriter.
func (w *Recorder) Header() http.Header { return w.Response.Header }

// WriteHeader implements http.ResponseWriter.
func (w *Recorder) WriteHeader(status int) {
	if !w.wrote {
		w.Status, w.wrote = status, true
	}
}

// Write implements http.ResponseWriter.
func (w *Recorder) Write(p []byte) (int, error) {
	w.wrote = true
	w.Body = append(w.Body, p...)
	return len(p), nil
}
