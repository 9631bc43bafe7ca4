package clarifytest_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
)

func TestRefusedConnections(t *testing.T) {
	a := start(t)
	a.want(200, "GET", "/users", nil)
	a.srv.RefuseConnections()
	a.srv.RefuseConnections()
	if _, err := http.Get(a.url); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v", err)
	}
	if err := a.srv.AcceptConnections(); err != nil {
		t.Fatal(err)
	}
	if err := a.srv.AcceptConnections(); err != nil {
		t.Fatal(err)
	}
	// Connections are kept open again.
	response, _, err := a.attempt("GET", "/users", nil)
	if noError(t, "err", err) {
		expect(t, "response.StatusCode", response.StatusCode, 200)
		expect(t, "response.Close", response.Close, false)
	}
	a.srv.RefuseConnections()
	a.srv.Close()
	if _, err := http.Get(a.url); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v", err)
	}
}

// A client may have a connection open that it has not used yet.
func TestRefusedConnectionsAreUnusedOnesToo(t *testing.T) {
	a := start(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(strings.TrimSuffix(a.srv.BaseURL, "/v1"), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// Connections are accepted in their order, so that the first one is now.
	if _, _, err := a.attempt("GET", "/users", nil); err != nil {
		t.Fatal(err)
	}
	a.srv.RefuseConnections()
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	if got, _ := io.ReadAll(conn); len(got) > 0 {
		t.Errorf("there is a response: %s", got)
	}
	if err := a.srv.AcceptConnections(); err != nil {
		t.Fatal(err)
	}
	a.want(200, "GET", "/users", nil)
}
