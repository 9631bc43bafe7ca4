package clarifytest

import "net/http"

// recorder takes an answer from an http.Handler.
type recorder struct {
	answer
	wrote bool
}

func newRecorder() *recorder {
	return &recorder{answer: answer{status: http.StatusOK, header: http.Header{}}}
}

// answerOf has a handler answer into memory.
func answerOf(h http.Handler, r *http.Request) answer {
	w := newRecorder()
	h.ServeHTTP(w, r)
	return w.answer
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
