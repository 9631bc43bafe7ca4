package oauth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"sync"
	"testing"
)

// TestMain looks, once all tests have run, for anything secret in what they
// noted: errors, log lines, formatted values, and the output of processes.
func TestMain(m *testing.M) {
	if text, ok := os.LookupEnv(programVariable); ok {
		var p program
		err := json.Unmarshal([]byte(text), &p)
		if err == nil {
			err = p.run()
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%v\n%+v\n%#v\n", err, err, err)
			os.Exit(1)
		}
		return
	}
	code := m.Run()
	if n := shown.pieces(&secrets); n > 0 {
		fmt.Printf("FAIL: pieces of codes, verifiers, tokens or secrets appear in %d places of an error, a log line or a formatted value\n", n)
		code = 1
	}
	os.Exit(code)
}

// shown collects what people would get to see.
var shown recorder

type recorder struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (r *recorder) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.buf.Write(p)
}

// pieceLength is long enough for a piece of a secret not to occur by chance.
const pieceLength = 16

// pieces counts the places at which a piece of a secret stands.
func (r *recorder) pieces(secrets *secretSet) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	secrets.mu.Lock()
	defer secrets.mu.Unlock()
	n, text := 0, r.buf.String()
	for i := range max(0, len(text)-pieceLength+1) {
		if secrets.pieces[text[i:i+pieceLength]] {
			n++
		}
	}
	return n
}

// secrets are all that have gone over the wire.
var secrets secretSet

type secretSet struct {
	mu     sync.Mutex
	pieces map[string]bool
}

func (s *secretSet) add(values ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pieces == nil {
		s.pieces = make(map[string]bool)
	}
	for _, value := range values {
		for _, form := range []string{value, url.QueryEscape(value)} {
			for i := range max(0, len(form)-pieceLength+1) {
				s.pieces[form[i:i+pieceLength]] = true
			}
		}
	}
}

func (s *secretSet) addForm(form url.Values) {
	for _, name := range []string{"state", "code", "code_verifier", "refresh_token", "client_secret", "token"} {
		s.add(form[name]...)
	}
}

// noted is a logger whose lines are noted.
var noted = slog.New(slog.NewTextHandler(&shown, &slog.HandlerOptions{Level: slog.LevelDebug}))

// note formats values, and of errors all that they wrap, in every way. A field
// that is not exported is not among them: fmt prints what is in it without asking
// for its methods.
func note(values ...any) {
	asJSON := slog.New(slog.NewJSONHandler(&shown, nil))
	for _, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d"} {
			fmt.Fprintf(&shown, verb+"\n", value)
		}
		fmt.Fprintf(&shown, "%+v %#v\n", struct{ Value any }{value}, struct{ Value any }{value})
		noted.Info("note", "value", value)
		asJSON.Info("note", "value", value)
		switch err := value.(type) {
		case interface{ Unwrap() error }:
			if next := err.Unwrap(); next != nil {
				note(next)
			}
		case interface{ Unwrap() []error }:
			for _, next := range err.Unwrap() {
				note(next)
			}
		}
	}
}
