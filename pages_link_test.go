package clarify_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
)

// secureServer is an API over TLS that responds as the live one was seen to. It
// stands for every host and port that is dialed, and notes what came in clear.
type secureServer struct {
	*httptest.Server
	mu    sync.Mutex
	clear []string   // the hosts and ports that something came to in clear
	asked []*url.URL // with the host
}

// newSecureServer starts a server that has handle respond with a document.
func newSecureServer(t *testing.T, handle func(r *http.Request) string) *secureServer {
	t.Helper()
	s := &secureServer{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := *r.URL
		asked.Host = r.Host
		s.mu.Lock()
		s.asked = append(s.asked, &asked)
		s.mu.Unlock()
		if r.TLS == nil || r.Header.Get("Authorization") != "api-key "+testKey {
			t.Errorf("%s came over %v with %q", r.URL, r.TLS, r.Header.Get("Authorization"))
		}
		respond(w, 200, handle(r))
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// client returns a client whose connections all lead to the server.
func (s *secureServer) client(t *testing.T, baseURL string) *clarify.Client {
	t.Helper()
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs},
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, s.Listener.Addr().String())
			return &watchedConn{Conn: conn, server: s, address: address}, err
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	client, err := clarify.New("acme", authn.APIKey(testKey), clarify.WithBaseURL(baseURL),
		clarify.WithHTTPClient(&http.Client{Transport: transport}), clarify.WithRetries(0), clarify.WithLogger(noted))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// watchedConn looks at the first byte that is sent: TLS begins with 0x16.
type watchedConn struct {
	net.Conn
	server  *secureServer
	address string
	begun   bool
}

func (c *watchedConn) Write(b []byte) (int, error) {
	if !c.begun && len(b) > 0 {
		c.begun = true
		if b[0] != 0x16 {
			c.server.mu.Lock()
			c.server.clear = append(c.server.clear, c.address)
			c.server.mu.Unlock()
		}
	}
	return c.Conn.Write(b)
}

func (s *secureServer) requests() (asked []*url.URL, clear []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked), slices.Clone(s.clear)
}

// livePerson is a record of the live API: null where it has nothing, and no
// relationships.
func livePerson(i int) string {
	at := time.Date(2026, 1, 2, 3, 4, i, 0, time.UTC).Format(time.RFC3339)
	return fmt.Sprintf(`{"type":"person","id":"%03d","attributes":{"name":null,"company_id":null,"_created_at":%q},"relationships":{}}`, i, at)
}

func livePeople(from, to int) string {
	var all []string
	for i := from; i < to; i++ {
		all = append(all, livePerson(i))
	}
	return strings.Join(all, ",")
}

func threeDigits(n int) []string {
	all := []string{}
	for i := range n {
		all = append(all, fmt.Sprintf("%03d", i))
	}
	return all
}

func TestALinkToTheOwnHostIsFollowedOverHTTPS(t *testing.T) {
	const path = "/v1/workspaces/acme/objects/person/resources"
	for _, tt := range []struct {
		base, link string // of which PATH is the path of the collection
		follows    bool
	}{
		{"https://example.com/v1", "http://example.comPATH", true},
		{"https://example.com/v1", "HTTP://Example.COMPATH", true},
		{"https://example.com/v1", "http://example.com:80PATH", true},
		{"https://example.com/v1", "http://example.com:443PATH", true},
		{"https://example.com/v1", "https://example.com:443PATH", true},
		{"https://example.com:443/v1", "http://example.comPATH", true},
		{"https://EXAMPLE.com/v1", "http://example.comPATH", true},
		{"https://example.com:8443/v1", "http://example.com:8443PATH", true},
		{"https://example.com:80/v1", "http://example.comPATH", true},
		{"https://127.0.0.1:8443/v1", "http://127.0.0.1:8443PATH", true},
		{"https://[::1]/v1", "http://[::1]PATH", true},
		{"https://example.com/v1", "PATH", true},
		{"https://example.com/v1", "//example.comPATH", true},

		{"https://example.com/v1", "http://example.com:8080PATH", false},
		{"https://example.com:8443/v1", "http://example.comPATH", false},
		{"https://example.com:8443/v1", "http://example.com:80PATH", false},
		{"https://example.com:8443/v1", "http://example.com:443PATH", false},
		{"https://example.com:80/v1", "http://example.com:443PATH", false},
		{"https://example.com/v1", "http://api.example.comPATH", false},
		{"https://example.com/v1", "http://example.com.elsewhere.examplePATH", false},
		{"https://example.com/v1", "http://example.com:443@elsewhere.examplePATH", false},
		{"https://example.com/v1", "http://someone@example.comPATH", false},
		{"https://example.com/v1", "http://example.com/v1/workspaces/other/objects/person/resources", false},
		{"https://example.com/v1", "http://example.com/v2/workspaces/acme/objects/person/resources", false},
		{"https://example.com/v1", "http://example.com/v1/workspaces/acme/objects/company/resources", false},
		{"https://example.com/v1", "ftp://example.comPATH", false},
		{"https://example.com/v1", "ws://example.comPATH", false},
	} {
		t.Run(tt.base+" "+tt.link, func(t *testing.T) {
			const total = 6
			s := newSecureServer(t, func(r *http.Request) string {
				offset, limit := number(r, "page[offset]", 0), number(r, "page[limit]", 500)
				next := "null"
				if offset+limit < total {
					next = fmt.Sprintf(`"%s?page%%5Boffset%%5D=%d&page%%5Blimit%%5D=%d"`, strings.Replace(tt.link, "PATH", path, 1), offset+limit, limit)
				}
				return fmt.Sprintf(`{"data":[%s],"links":{"next":%s,"prev":null},"meta":{"total_records":%d}}`, livePeople(offset, min(offset+limit, total)), next, total)
			})
			for name, options := range map[string][]clarify.QueryOption{
				"one by one": nil, "concurrently": {clarify.Concurrency(4)}, "limited": {clarify.Limit(5)},
			} {
				got, err := collect(t, clarify.People(s.client(t, tt.base)).All(t.Context(), append(options, clarify.PageSize(2))...))
				want := threeDigits(total)
				if name == "limited" {
					want = want[:5]
				}
				if !tt.follows {
					want = want[:2]
					mentions(t, err, "clarify: getResources")
				} else if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				if !slices.Equal(ids(got), want) {
					t.Errorf("%s: got %v", name, ids(got))
				}
			}
			asked, clear := s.requests()
			if len(clear) > 0 {
				t.Errorf("in clear came something to %v", clear)
			}
			want, _ := url.Parse(tt.base)
			for _, u := range asked {
				if !strings.EqualFold(strings.TrimSuffix(u.Host, ":443"), strings.TrimSuffix(want.Host, ":443")) {
					t.Errorf("%v was requested", u)
				}
				wantEqual(t, "u.Path", u.Path, path)
			}
		})
	}
}

func TestStableReadsWhereLinksAreOverHTTP(t *testing.T) {
	const total = 20
	s := newSecureServer(t, func(r *http.Request) string {
		from := 0
		if at, err := time.Parse(time.RFC3339, r.URL.Query().Get("filter[_created_at][Is on or after]")); err == nil {
			from = at.Second()
		}
		from += number(r, "page[offset]", 0)
		to := min(total, from+number(r, "page[limit]", 500))
		next := "null"
		if to < total {
			next = fmt.Sprintf(`"http://%s%s?page%%5Boffset%%5D=%d"`, r.Host, r.URL.Path, to)
		}
		return fmt.Sprintf(`{"data":[%s],"links":{"next":%s}}`, livePeople(from, to), next)
	})
	for _, n := range []int{1, 4} {
		got, err := collect(t, clarify.People(s.client(t, s.URL+"/v1")).All(t.Context(), clarify.Stable(), clarify.PageSize(4), clarify.Concurrency(n)))
		if err != nil {
			t.Errorf("concurrency %d: %v", n, err)
		}
		if !slices.Equal(ids(got), threeDigits(total)) {
			t.Errorf("concurrency %d: got %v, %v", n, ids(got), err)
		}
	}
	if _, clear := s.requests(); len(clear) > 0 {
		t.Errorf("in clear came something to %v", clear)
	}
}

// L2: schemas are paged by a cursor, without meta.
func TestSchemasAreReadOverACursor(t *testing.T) {
	names := []string{"core/personName", "core/person", "entities/person", "entities/company", "entities/deal", "entities/c_project", "entities/c_vehicle"}
	meta := ""
	var s *secureServer
	s = newSecureServer(t, func(r *http.Request) string {
		from, next := 0, `"http://`+s.Listener.Addr().String()+r.URL.Path+`?cursor=eyJhIjoxfQ%3D%3D"`
		if r.URL.Query().Get("cursor") == "eyJhIjoxfQ==" {
			from, next = 4, "null"
		}
		var data []string
		for _, name := range names[from:min(from+4, len(names))] {
			id, _ := json.Marshal("https://getclarify.ai/schemas/" + name)
			data = append(data, fmt.Sprintf(`{"type":"schema","id":%s,"attributes":{"$id":%s,"type":"object","properties":{}}}`, id, id))
		}
		return fmt.Sprintf(`{"data":[%s],"links":{"next":%s}%s}`, strings.Join(data, ","), next, meta)
	})
	client := s.client(t, s.URL+"/v1")
	read := func(options ...clarify.QueryOption) ([]string, error) {
		var got []string
		for schema, err := range client.Schemas(t.Context(), options...) {
			if err != nil {
				return got, err
			}
			got = append(got, strings.TrimPrefix(schema.ID, "https://getclarify.ai/schemas/"))
		}
		return got, nil
	}
	if got, err := read(); err != nil || !slices.Equal(got, names) {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := read(clarify.Limit(5)); err != nil || !slices.Equal(got, names[:5]) {
		t.Errorf("limited: got %q, %v", got, err)
	}
	asked, clear := s.requests()
	wantEqual(t, "len(asked)", len(asked), 4)
	if len(clear) > 0 {
		t.Errorf("%v was requested, in clear of %v", asked, clear)
	}
	for _, u := range asked {
		if strings.Contains(u.RawQuery, "page") {
			t.Errorf("%v was requested", u)
		}
	}
	meta = `,"meta":{"total_records":9}`
	if got, err := read(); !slices.Equal(got, names) {
		t.Errorf("got %q", got)
	} else {
		mentions(t, err, "7 of 9", "no link")
	}
}

// No machine's integers are large enough for all offsets.
func TestAHugeOffsetOfALinkIsFollowed(t *testing.T) {
	for _, offset := range []string{"3000000000", "9223372036854775807", "9223372036854775808", "99999999999999999999"} {
		for _, n := range []int{1, 4} {
			f := newFake(t, func(f *fake, w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Get("page[offset]") == offset {
					respond(w, 200, page("", 9, "b"))
					return
				}
				respond(w, 200, page(f.base+"/objects/person/resources?page[offset]="+offset, 9, "a"))
			})
			got, err := collect(t, clarify.People(f.client(t)).All(t.Context(), clarify.Concurrency(n)))
			if err != nil {
				t.Error(err)
			}
			if !slices.Equal(ids(got), []string{"a", "b"}) {
				t.Errorf("%s, concurrency %d: got %v, %v in %d requests", offset, n, ids(got), err, len(f.requests()))
			}
			wantEqual(t, fmt.Sprintf("%s, concurrency %d: len(f.requests())", offset, n), len(f.requests()), 2)
		}
	}
}
