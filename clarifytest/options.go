package clarifytest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/network"
	"github.com/clarify-go/clarify/clarifytest/internal/store"
)

// DefaultRateLimit is how many requests a minute each operation of a workspace
// takes unless [WithRateLimit] says otherwise.
const DefaultRateLimit = 3000

// An Option configures a server. Later options override earlier ones.
type Option func(*config)

type config struct {
	workspace   string
	named       bool // whether an option named the workspace
	apiKey      string
	accessToken string
	address     string
	network     network.Network
	useTLS      bool
	tls         *network.TLS // nil without TLS
	maxFile     int64
	clock       func() time.Time
	seed        *uint64
	rateLimit   int
	oauth       oauthOptions
	validate    bool
	log         func(Request)
	listMatcher ListMatcher
	tb          TB
	transcript  int
	quirks      quirks
	httpLinks   *bool // nil if no option set it
	snapshot    *Snapshot
	schemaLag   store.Lag

	fromSnapshot   bool
	storageAddress string // empty if no option set it
}

// WithWorkspace names the server's first workspace. The default is "acme". Any
// name will do that can be one segment of a path: not "", "." or "..".
func WithWorkspace(name string) Option {
	return func(c *config) { c.workspace, c.named = name, true }
}

// WithAPIKey sets the API key of the first workspace, instead of a random one.
// It must consist of printable ASCII characters without spaces.
func WithAPIKey(key string) Option {
	return func(c *config) { c.apiKey = key }
}

// WithAccessToken sets the OAuth 2.0 access token of the first workspace,
// instead of a random one. It must consist of printable ASCII characters
// without spaces and differ from the API key.
func WithAccessToken(token string) Option {
	return func(c *config) { c.accessToken = token }
}

// WithAddress sets the TCP address to listen on, as "host:port". The default is
// "127.0.0.1:0": a free port, reachable from this machine only.
func WithAddress(address string) Option {
	return func(c *config) { c.address = address }
}

// WithStorageAddress sets the TCP address on which storage listens, as
// "host:port". The default is a free port of the host of [WithAddress].
func WithStorageAddress(address string) Option {
	return func(c *config) { c.storageAddress = address }
}

// WithMaxFileBytes sets how large a file storage takes, at least 1 byte. The
// default is [DefaultMaxFileBytes]. A larger one is refused as S3 does, with 400
// and EntityTooLarge. Files are kept in memory, as all the rest, until they are
// deleted or the record that they belong to is.
func WithMaxFileBytes(n int64) Option {
	return func(c *config) { c.maxFile = n }
}

// WithClock replaces the clock, which stamps records, moves the rate limit's
// window and ends the time for which deletions are listed. The server calls
// now from several goroutines. Records keep milliseconds.
func WithClock(now func() time.Time) Option {
	return func(c *config) { c.clock = now }
}

// WithSeed makes ids and credentials repeat: two servers with the same seed
// that get the same requests in the same order choose the same ones. Without
// it they are random.
func WithSeed(seed uint64) Option {
	return func(c *config) { c.seed = &seed }
}

// WithSnapshot starts the server with what another one held: its workspaces,
// with their credentials, and its sequences of ids and credentials. That costs
// next to nothing however much it is, so tests that need the same records can
// each have a server of their own that starts with them. The first workspace is
// that of the snapshot, so this option does not go with [WithWorkspace],
// [WithAPIKey], [WithAccessToken] or [WithSeed].
func WithSnapshot(snapshot *Snapshot) Option {
	return func(c *config) { c.snapshot, c.fromSnapshot = snapshot, true }
}

// WithRateLimit sets how many requests each operation of a workspace takes in
// any 60 seconds, at least 1. The default is [DefaultRateLimit].
func WithRateLimit(perMinute int) Option {
	return func(c *config) { c.rateLimit = perMinute }
}

// WithSchemaLag sets how long a change of a workspace's schemas is under way:
// until so many more requests to the workspace have been answered, or until the
// clock has moved by so much, whichever comes first. Meanwhile the schemas read
// as before, and another change of them responds with 409. The default is one request
// or one second; with 0 requests a change is made before it is answered.
//
// Creating a custom object and editing the options of a select take no time,
// because their responses tell the outcome.
func WithSchemaLag(requests int, time time.Duration) Option {
	return func(c *config) { c.schemaLag = store.Lag{Requests: requests, Time: time} }
}

// WithUnknownAttributes has records take attributes that their object's schema
// does not have. Without it they are rejected, so that a misspelt name fails a
// test. The kind of such a field comes from the values that it has had: see the
// package's documentation. Filters and sorting take it once a record has had it.
func WithUnknownAttributes() Option {
	return func(c *config) { c.quirks.unknownAttributes = true }
}

// WithListMatcher has lists hold the records that their queries select. Without
// it a query has no effect: the sandbox does not speak SQL, so that a dynamic
// list holds all records of its object. The server calls match and what it
// returns from several goroutines, while nothing changes: they must not send
// requests to it, and must leave what they are given as it is.
func WithListMatcher(match ListMatcher) Option {
	return func(c *config) { c.listMatcher = match }
}

// WithTB ties the server to a test or benchmark: it is closed when that ends,
// and every [Violation] fails it. A violation in a response is reported as soon
// as it happens, one in a request when the server closes, unless
// [Server.TakeViolations] took it before.
func WithTB(tb TB) Option {
	return func(c *config) { c.tb = tb }
}

// WithoutValidation switches the checks against the contract off, for
// benchmarks. There are no violations then.
func WithoutValidation() Option {
	return func(c *config) { c.validate = false }
}

// WithLog has the server call log for every request, from the goroutine that
// returns it and before the client can see what it gets: requests that follow
// each other are logged in that order. It is called from several goroutines at once.
func WithLog(log func(Request)) Option {
	return func(c *config) { c.log = log }
}

// WithTranscript sets how many requests the server remembers for
// [Server.Requests]; 0 is none. The default is [TranscriptLength].
func WithTranscript(length int) Option {
	return func(c *config) { c.transcript = length }
}

// TB is what the server needs of a [testing.TB].
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Cleanup(func())
}

func newConfig(opts []Option) (*config, error) {
	c := &config{
		workspace: "acme",
		address:   "127.0.0.1:0",
		network:   new(network.Host),
		clock:     time.Now,
		rateLimit: DefaultRateLimit,
		maxFile:   DefaultMaxFileBytes,
		validate:  true,
		oauth:     oauthOptions{tokenLifetime: time.Hour},

		transcript: TranscriptLength,
		schemaLag:  defaultSchemaLag,
		quirks:     reportedQuirks(),
	}
	for _, opt := range opts {
		opt(c)
	}
	if err := checkWorkspaceName(c.workspace); err != nil {
		return nil, err
	}
	if c.fromSnapshot {
		if err := c.useSnapshot(); err != nil {
			return nil, err
		}
	}
	if c.clock == nil {
		return nil, errors.New("WithClock: the clock is nil")
	}
	if c.rateLimit < 1 {
		return nil, fmt.Errorf("WithRateLimit: %d requests a minute: at least 1 is needed", c.rateLimit)
	}
	if err := c.oauth.check(); err != nil {
		return nil, err
	}
	if c.transcript < 0 {
		return nil, fmt.Errorf("WithTranscript: %d requests are less than none", c.transcript)
	}
	if c.schemaLag.Requests < 0 || c.schemaLag.Time < 0 {
		return nil, fmt.Errorf("WithSchemaLag: %d requests or %v: neither may be negative", c.schemaLag.Requests, c.schemaLag.Time)
	}
	if c.maxFile < 1 {
		return nil, fmt.Errorf("WithMaxFileBytes: %d bytes are no size of a file: at least 1 is needed", c.maxFile)
	}
	if !sendable(c.apiKey) {
		return nil, errors.New("WithAPIKey: the key must consist of printable ASCII characters without spaces")
	}
	if !sendable(c.accessToken) {
		return nil, errors.New("WithAccessToken: the token must consist of printable ASCII characters without spaces")
	}
	if c.apiKey != "" && c.apiKey == c.accessToken {
		return nil, errors.New("WithAccessToken: the token is the API key as well")
	}
	c.quirks.httpLinks = c.useTLS
	if c.httpLinks != nil {
		c.quirks.httpLinks = *c.httpLinks
	}
	if c.useTLS {
		var err error
		if c.tls, err = network.NewTLS(c.address); err != nil {
			return nil, fmt.Errorf("WithTLS: %w", err)
		}
	}
	return c, nil
}

func (c *config) useSnapshot() error {
	switch {
	case c.snapshot == nil:
		return errors.New("WithSnapshot: the snapshot is nil")
	case c.named || c.apiKey != "" || c.accessToken != "":
		return errors.New("WithSnapshot: the first workspace and its credentials are those of the snapshot, so no other option can set them")
	case c.seed != nil:
		return errors.New("WithSnapshot: ids and credentials go on as in the snapshot, so WithSeed cannot set them")
	}
	first := c.snapshot.first
	c.workspace, c.apiKey, c.accessToken = first.Name, first.APIKey, first.AccessToken
	return nil
}

func checkWorkspaceName(name string) error {
	switch name {
	case "", ".", "..":
		return fmt.Errorf("a workspace cannot be called %q", name)
	}
	return nil
}

func sendable(credential string) bool {
	return !strings.ContainsFunc(credential, func(r rune) bool { return r < '!' || r > '~' })
}
