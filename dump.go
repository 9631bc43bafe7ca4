package clarify

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// dump writes attempts one at a time.
type dump struct {
	mu sync.Mutex
	w  io.Writer
}

func (d *dump) write(b []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, _ = d.w.Write(b)
}

// dumpAttempt writes an attempt, each line with a mark of its direction.
func dumpAttempt(b *bytes.Buffer, c *call, rsp *http.Response, err error) {
	req := c.attempts.request
	secrets := c.credential.secrets
	fmt.Fprintf(b, "> %s %s\n> Host: %s\n", req.Method, redact(req.URL.RequestURI(), secrets), req.URL.Host)
	dumpHeader(b, "> ", req.Header, secrets)
	dumpBody(b, "> ", c.body, c)
	if err != nil {
		fmt.Fprintf(b, "! %s\n", oneLine(redact(err.Error(), secrets)))
	}
	if rsp == nil {
		return
	}
	fmt.Fprintf(b, "< %s %s\n", rsp.Proto, rsp.Status)
	dumpHeader(b, "< ", rsp.Header, secrets)
	if held, ok := rsp.Body.(*heldBody); ok {
		dumpBody(b, "< ", held.bytes, c)
	} else {
		b.WriteString("< (a stream)\n")
	}
}

func dumpHeader(b *bytes.Buffer, mark string, header http.Header, secrets []string) {
	names := make([]string, 0, len(header))
	for name := range header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, value := range header[name] {
			if suggestsSecret(name) {
				value = "[redacted]"
			}
			fmt.Fprintf(b, "%s%s: %s\n", mark, name, oneLine(redact(value, secrets)))
		}
	}
}

// suggestsSecret reports whether the name of a header field suggests that its value is
// a secret.
func suggestsSecret(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"auth", "cookie", "credential", "key", "passw", "secret", "session", "signature", "token"}, func(word string) bool {
		return strings.Contains(name, word)
	})
}

func dumpBody(b *bytes.Buffer, mark string, body []byte, c *call) {
	if len(body) == 0 {
		return
	}
	text := string(body[:min(len(body), maxErrorBody)])
	if respondsWithURL[c.operation.ID] {
		text = outline(body)
	}
	text = redactCut(text, c.credential.secrets)
	b.WriteString(mark + "\n")
	for line := range strings.Lines(text) {
		b.WriteString(mark + strings.TrimRight(line, "\r\n") + "\n")
	}
	if more := len(body) - maxErrorBody; more > 0 {
		fmt.Fprintf(b, "%s(%d bytes more)\n", mark, more)
	}
}
