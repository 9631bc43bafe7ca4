package clarifypostgres

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/clarify-go/clarify/authn"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// DefaultSchema is the schema of the tables, unless [WithSchema] says otherwise.
const DefaultSchema = "clarify"

// DefaultTimeout bounds what a [Limiter] waits for the database, unless [WithTimeout]
// says otherwise.
const DefaultTimeout = time.Second

// An Option configures [Migrate], [NewLimiter], [NewTokenStore] and [NewGrants].
type Option func(*options)

type options struct {
	schema  string
	timeout time.Duration
	window  time.Duration
	source  []authn.SourceOption
	lost    time.Duration // after which a lock is taken over
}

// WithSchema names the schema that has the tables, up to 63 bytes. All processes that
// share something name the same one.
func WithSchema(name string) Option { return func(o *options) { o.schema = name } }

// WithTimeout bounds how long a request waits for the database that has the rate
// limit: 10 ms or more. After that it goes by the limiter in memory, and a request that
// follows does not wait. The default is [DefaultTimeout].
func WithTimeout(d time.Duration) Option { return func(o *options) { o.timeout = d } }

// WithSourceOptions are for the sources of [Grants], such as [authn.WithLogger].
func WithSourceOptions(opts ...authn.SourceOption) Option {
	return func(o *options) { o.source = append(o.source, opts...) }
}

func newOptions(pool *pgxpool.Pool, opts []Option) (options, error) {
	o := options{schema: DefaultSchema, timeout: DefaultTimeout, window: time.Minute, lost: lostAfter}
	for _, opt := range opts {
		if opt != nil {
			opt(&o)
		}
	}
	switch {
	case pool == nil:
		return o, errors.New("clarify: the pool of connections is nil: pass one from pgxpool.New")
	case o.schema == "" || len(o.schema) > 63 || !utf8.ValidString(o.schema):
		return o, fmt.Errorf("clarify: invalid schema %q: a name has 1 to 63 bytes of UTF-8", o.schema)
	case o.timeout < 10*time.Millisecond:
		return o, fmt.Errorf("clarify: invalid timeout %v: it is 10ms or more", o.timeout)
	}
	return o, nil
}

// table returns the quoted name of a table of the schema.
func (o options) table(name string) string { return pgx.Identifier{o.schema, name}.Sanitize() }

// expand puts the quoted name of the schema into a statement, for {schema}.
func expand(statement string, o options) string {
	return strings.ReplaceAll(statement, "{schema}", pgx.Identifier{o.schema}.Sanitize())
}
