package clarifytest

import "net/http"

// recorder takes a response from an http.Handler.
type recorder struct {
	response
	wrote bool
}

func newRecorder() *recorder {
	return &recorder{response: response{status: http.StatusOK, header: http.Header{}}}
}

// answerOf has a handler response into memory.
func responseOf(h http.Handler, r *http.Request) response {
	w := newRecorder()
	h.ServeHTTP(w, r)
	return w.response
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if !w.wrote {
		w.status, w.wrote = status, true
	}
}

func (w *recorder) Write(p []byte) (int, error) {
	w.wrote = true
	w.body = append(w.body, p...)
	return len(p), nil
}
