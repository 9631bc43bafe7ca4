package clarify_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
)

// memServer is an HTTP server with connections in memory. Unlike one on the network
// it works in a synctest bubble.
type memServer struct {
	*http.Server
	client *http.Client

	mu       sync.Mutex
	arrived  []arrival
	refusing bool
}

// arrival is a request that arrived.
type arrival struct {
	Method, URI, Body string
	Header            http.Header
}

type memListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *memListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *memListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *memListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

// serve starts a server for the duration of the test. It records each request with
// its body, and then calls handle.
func serve(t *testing.T, handle http.HandlerFunc) *memServer {
	t.Helper()
	listener := &memListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	s := &memServer{}
	s.Server = &http.Server{
		ErrorLog: log.New(io.Discard, "", 0),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			s.mu.Lock()
			s.arrived = append(s.arrived, arrival{r.Method, r.RequestURI, string(body), r.Header.Clone()})
			s.mu.Unlock()
			handle(w, r)
		}),
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = s.Serve(listener)
	}()
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		s.mu.Lock()
		refusing := s.refusing
		s.mu.Unlock()
		if refusing {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
		}
		near, far := net.Pipe()
		select {
		case listener.conns <- far:
			return near, nil
		case <-listener.closed:
			return nil, net.ErrClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
	s.client = &http.Client{Transport: transport}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = s.Close()
		<-served
	})
	return s
}

func (s *memServer) requests() []arrival {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]arrival(nil), s.arrived...)
}

func (s *memServer) refuse(yes bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusing = yes
}

const (
	testKey = "key-of-the-test-7f3a"
	testURL = "http://127.0.0.1:1/v1"
)

// connect returns a client of the server.
func (s *memServer) connect(t *testing.T, opts ...clarify.Option) *clarify.Client {
	t.Helper()
	opts = append([]clarify.Option{
		clarify.WithBaseURL(testURL), clarify.WithHTTPClient(s.client), clarify.WithLogger(noted), clarify.WithLogBodies(),
		// The URL is that of all servers, so they must not share what is known of its limit.
		clarify.WithLimiter(clarify.NewLimiter()),
	}, opts...)
	client, err := clarify.New("acme", authn.APIKey(testKey), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// respond writes a response with a JSON body and headers: name, value, name, value….
func respond(w http.ResponseWriter, status int, body string, headers ...string) {
	w.Header().Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		w.Header().Set(headers[i], headers[i+1])
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// hangUp closes the connection without a response.
func hangUp(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

const (
	emptyPage = `{"links":{"next":null,"prev":null},"meta":{"total_records":0,"total_pages":0},"data":[],"included":[]}`
	oneRecord = `{"data":{"type":"person","id":"x","attributes":{}}}`
)
