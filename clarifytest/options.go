package clarifytest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/api"
	"github.com/clarify-go/clarify/clarifytest/internal/network"
	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/store"
	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/schemafile"
)

// DefaultRateLimit is how many requests a minute each operation of a workspace
// accepts unless [WithRateLimit] says otherwise.
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
	quirks      api.Quirks
	httpLinks   *bool // nil if no option set it
	snapshot    *Snapshot
	schemaLag   store.Lag
	lateWrites  time.Duration
	schemaFile  func() ([]gen.Schema, error) // nil if no option set it
	schemas     *schema.Set                  // at first; nil for those of every workspace

	fromSnapshot   bool
	storageAddress string // empty if no option set it
}

// WithWorkspace names the server's first workspace. The default is "acme". The name
// can be any segment of a path: not "", "." or "..".
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

// WithMaxFileBytes sets the size limit for files in storage, 1 byte or more. The
// default is [DefaultMaxFileBytes]. Storage rejects a larger file like S3, with 400
// and EntityTooLarge. Files are kept in memory until they or their record are deleted.
func WithMaxFileBytes(n int64) Option {
	return func(c *config) { c.maxFile = n }
}

// WithClock sets the clock. The times of records, the window of the rate limit and how
// long deletions are listed follow it. The server calls now from several goroutines.
// Records keep milliseconds.
func WithClock(now func() time.Time) Option {
	return func(c *config) { c.clock = now }
}

// WithSeed sets the seed of ids and credentials: two servers with the same seed that
// get the same requests in the same order choose the same ones. Without it they are
// random.
func WithSeed(seed uint64) Option {
	return func(c *config) { c.seed = &seed }
}

// WithSnapshot starts the server with the workspaces and credentials of another one,
// and its sequences of ids and credentials. That is fast however large the snapshot is,
// so that tests that need the same records can each have their own server. The first
// workspace is that of the snapshot, so this option cannot be combined with
// [WithWorkspace], [WithAPIKey], [WithAccessToken] or [WithSeed].
func WithSnapshot(snapshot *Snapshot) Option {
	return func(c *config) { c.snapshot, c.fromSnapshot = snapshot, true }
}

// WithRateLimit sets how many requests each operation of a workspace accepts within
// any 60 seconds, 1 or more. The default is [DefaultRateLimit].
func WithRateLimit(perMinute int) Option {
	return func(c *config) { c.rateLimit = perMinute }
}

// WithSchemaLag sets how long a change of a workspace's schemas takes: until the
// workspace has responded to so many more requests, or until the clock has advanced by
// so much, whichever comes first. Until then the schemas read as before, and another
// change gets 409. The default is one request or one second. With 0 requests a change
// takes effect before its response.
//
// Creating a custom object and editing the options of a select take effect at once,
// because their responses have the outcome.
func WithSchemaLag(requests int, time time.Duration) Option {
	return func(c *config) { c.schemaLag = store.Lag{Requests: requests, Time: time} }
}

// WithUnknownAttributes makes records accept attributes that their object's schema does
// not have. Without it they are rejected, so that a misspelt name fails a test. The
// kind of such a field follows from its values: see docs/sandbox-limits.md. Filters and
// sorting accept it once a record has had it.
func WithUnknownAttributes() Option {
	return func(c *config) { c.quirks.UnknownAttributes = true }
}

// WithSchema makes every workspace of the server begin with exactly the objects, fields,
// options and relationships that a listing of schemas has, instead of the built-in ones:
// the data of all pages of GET /schemas, or what Client.Schema(ctx).Documents() of the
// client returns. Requests work on these objects as on the built-in ones, and change
// their schemas, and GET /schemas responds with the documents as they are.
//
// A field whose schema has no known form takes any value. What else the sandbox cannot
// represent is in docs/sandbox-limits.md. [Start] returns an error that names the
// document if one is not the schema of anything.
//
// [WithSnapshot] has the schemas of the snapshot for the workspaces in it.
func WithSchema(documents []gen.Schema) Option {
	documents = slices.Clone(documents)
	return func(c *config) { c.schemaFile = func() ([]gen.Schema, error) { return documents, nil } }
}

// WithSchemaFile is [WithSchema] for the file that "clarify-gen pull" wrote. [Start]
// reads it.
func WithSchemaFile(path string) Option {
	return func(c *config) { c.schemaFile = func() ([]gen.Schema, error) { return schemafile.Read(path) } }
}

// WithListMatcher makes lists have the records that their queries select. Without it a
// query has no effect: the sandbox does not speak SQL, so a dynamic list has all records
// of its object. The server calls match and the function that it returns from several
// goroutines and with a lock held: they must neither send requests to the server nor
// change their arguments.
func WithListMatcher(match ListMatcher) Option {
	return func(c *config) { c.listMatcher = match }
}

// WithTB ties the server to a test or benchmark: the server is closed when the test
// ends, and every [Violation] fails the test. A violation in a response is reported at
// once, one in a request when the server closes, unless [Server.TakeViolations] took it
// before.
func WithTB(tb TB) Option {
	return func(c *config) { c.tb = tb }
}

// WithoutValidation switches off the checks against the contract, for benchmarks.
// There are no violations then.
func WithoutValidation() Option {
	return func(c *config) { c.validate = false }
}

// WithLog makes the server call log for every request before the client can see the
// response, so that successive requests are logged in order. The server calls log from
// several goroutines.
func WithLog(log func(Request)) Option {
	return func(c *config) { c.log = log }
}

// WithTranscript sets how many requests the server keeps for [Server.Requests], 0 or
// more. The default is [TranscriptLength].
func WithTranscript(length int) Option {
	return func(c *config) { c.transcript = length }
}

// TB is the part of [testing.TB] that the server needs.
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
		quirks:     api.ReportedQuirks(),
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
		return nil, fmt.Errorf("WithRateLimit: limit must be 1 or more, got %d", c.rateLimit)
	}
	if err := c.oauth.check(); err != nil {
		return nil, err
	}
	if c.transcript < 0 {
		return nil, fmt.Errorf("WithTranscript: length must be 0 or more, got %d", c.transcript)
	}
	if c.schemaLag.Requests < 0 || c.schemaLag.Time < 0 {
		return nil, fmt.Errorf("WithSchemaLag: requests and time must be 0 or more, got %d and %v", c.schemaLag.Requests, c.schemaLag.Time)
	}
	if c.lateWrites < 0 {
		return nil, fmt.Errorf("WithLateWrites: limit must be 0s or more, got %v", c.lateWrites)
	}
	if c.maxFile < 1 {
		return nil, fmt.Errorf("WithMaxFileBytes: limit must be 1 or more, got %d", c.maxFile)
	}
	if !sendable(c.apiKey) {
		return nil, errors.New("WithAPIKey: key must be printable ASCII without spaces")
	}
	if !sendable(c.accessToken) {
		return nil, errors.New("WithAccessToken: token must be printable ASCII without spaces")
	}
	if c.apiKey != "" && c.apiKey == c.accessToken {
		return nil, errors.New("WithAccessToken: token must differ from the API key")
	}
	c.quirks.HTTPLinks = c.useTLS
	if c.httpLinks != nil {
		c.quirks.HTTPLinks = *c.httpLinks
	}
	if err := c.useSchema(); err != nil {
		return nil, err
	}
	if c.useTLS {
		var err error
		if c.tls, err = network.NewTLS(c.address); err != nil {
			return nil, fmt.Errorf("WithTLS: %w", err)
		}
	}
	return c, nil
}

// useSchema reads the schemas of [WithSchema].
func (c *config) useSchema() error {
	if c.schemaFile == nil {
		return nil
	}
	documents, err := c.schemaFile()
	if err != nil {
		return fmt.Errorf("WithSchemaFile: %w", err)
	}
	c.schemas, err = readSchemas(documents, c.quirks)
	return err
}

func (c *config) useSnapshot() error {
	switch {
	case c.snapshot == nil:
		return errors.New("WithSnapshot: the snapshot is nil")
	case c.named || c.apiKey != "" || c.accessToken != "":
		return errors.New("WithSnapshot: the snapshot has the first workspace and its credentials, so no other option can set them")
	case c.seed != nil:
		return errors.New("WithSnapshot: ids and credentials continue as in the snapshot, so WithSeed cannot set them")
	}
	first := c.snapshot.first
	c.workspace, c.apiKey, c.accessToken = first.Name, first.APIKey, first.AccessToken
	return nil
}

func checkWorkspaceName(name string) error {
	switch name {
	case "", ".", "..":
		return fmt.Errorf("invalid workspace %q: must be one segment of a path", name)
	}
	return nil
}

func sendable(credential string) bool {
	return !strings.ContainsFunc(credential, func(r rune) bool { return r < '!' || r > '~' })
}

// defaultSchemaLag is how long a change of the schemas takes unless [WithSchemaLag] says
// otherwise.
var defaultSchemaLag = store.Lag{Requests: 1, Time: time.Second}

// A ListMatcher says which records a query selects, for [WithListMatcher].
// object is the one that the list is of. It returns nil for all records.
type ListMatcher func(object string, query gen.ListQuery) func(gen.Resource) bool
