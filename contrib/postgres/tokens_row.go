package clarifypostgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/internal/sealed"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/oauth2"
)

// ErrKey is matched, by [errors.Is], when a token was encrypted with none of the keys,
// or was changed or moved in the database. The row is not changed.
var ErrKey = sealed.ErrKey

// ErrChanged is matched, by [errors.Is], when a refreshed token cannot be saved because
// the grant was deleted, or has another token by now: of another login, or of a process
// that acquired the lock after this one had lost it.
var ErrChanged = errors.New("the grant was deleted, or another login or process has replaced its token")

// tokenFormat is the format of an encoded token.
const tokenFormat = 1

// document is a token as it is encrypted.
type document struct {
	Format       int       `json:"format"`
	AccessToken  string    `json:"access_token"`
	TokenType    string    `json:"token_type,omitempty"`
	RefreshToken string    `json:"refresh_token,omitempty"`
	Expiry       time.Time `json:"expiry,omitzero"`
	ExpiresIn    int64     `json:"expires_in,omitempty"`
}

// tokenTable has the rows of the grants, and of their locks.
type tokenTable struct {
	pool *pgxpool.Pool
	box  *sealed.Box
	o    options
}

func newTokenTable(pool *pgxpool.Pool, keys [][]byte, opts []Option) (*tokenTable, error) {
	o, err := newOptions(pool, opts)
	if err != nil {
		return nil, err
	}
	box, err := sealed.New(keys...)
	if err != nil {
		return nil, fmt.Errorf("clarify: invalid keys: %w", err)
	}
	return &tokenTable{pool, box, o}, nil
}

// user is the primary key of a grant.
type user struct{ workspace, id string }

// place is what a token is encrypted for.
func (u user) place() string { return strconv.Quote(u.workspace) + strconv.Quote(u.id) }

func (u user) check() error {
	for _, part := range []struct{ what, value string }{{"workspace", u.workspace}, {"user", u.id}} {
		if part.value == "" || !utf8.ValidString(part.value) || containsNUL(part.value) {
			return fmt.Errorf("clarify: invalid %s %q: it is UTF-8 without NUL, and not empty", part.what, part.value)
		}
	}
	return nil
}

func containsNUL(s string) bool {
	for i := range len(s) {
		if s[i] == 0 {
			return true
		}
	}
	return false
}

// stored is the token of a row. A login starts a row, and each refresh makes the next
// version of it.
type stored struct {
	token   *oauth2.Token
	login   string
	version int64
	lost    bool // whether it is noted that the user has to log in again
}

func (t *tokenTable) seal(u user, token *oauth2.Token) ([]byte, error) {
	if token == nil || token.AccessToken == "" && token.RefreshToken == "" {
		return nil, errors.New("clarify: the token to save is empty")
	}
	if !utf8.ValidString(token.AccessToken) || !utf8.ValidString(token.TokenType) || !utf8.ValidString(token.RefreshToken) {
		return nil, errors.New("clarify: cannot save the token: it is not valid UTF-8") // JSON would replace the bytes
	}
	data, err := json.Marshal(document{tokenFormat, token.AccessToken, token.TokenType, token.RefreshToken, token.Expiry, token.ExpiresIn})
	if err != nil {
		return nil, errors.New("clarify: cannot save the token: its expiry is out of range")
	}
	return t.box.Seal(data, u.place()), nil
}

func (t *tokenTable) open(u user, value []byte) (*oauth2.Token, error) {
	data, err := t.box.Open(value, u.place())
	if err != nil {
		return nil, fmt.Errorf("clarify: cannot decrypt the token of %q in %q: %w", u.id, u.workspace, err)
	}
	var d document
	if err := json.Unmarshal(data, &d); err != nil || d.Format != tokenFormat {
		return nil, fmt.Errorf("clarify: the token of %q in %q has a format that this program does not know: update it", u.id, u.workspace)
	}
	return &oauth2.Token{
		AccessToken: d.AccessToken, TokenType: d.TokenType, RefreshToken: d.RefreshToken, Expiry: d.Expiry, ExpiresIn: d.ExpiresIn,
	}, nil
}

const (
	// usedEvery is how exact used_at is.
	usedEvery = "1 minute"

	selectToken = `SELECT token, login, version FROM {schema}.grants WHERE workspace = $1 AND user_id = $2`
	touchToken  = `UPDATE {schema}.grants SET used_at = now() WHERE workspace = $1 AND user_id = $2 AND used_at < now() - interval '` + usedEvery + `'`

	// A login replaces what is there.
	insertToken = `INSERT INTO {schema}.grants AS g
		(workspace, user_id, token, login, version, refreshable, expires_at, created_at, refreshed_at, used_at)
		VALUES ($1, $2, $3, $4, 1, $5, $6, now(), now(), now())
		ON CONFLICT (workspace, user_id) DO UPDATE SET token = excluded.token, login = excluded.login, version = 1,
			refreshable = excluded.refreshable, expires_at = excluded.expires_at, created_at = now(), refreshed_at = now(),
			used_at = now(), lost_at = NULL, lost_reason = NULL`

	// A refresh replaces what it was made from, or what is older because the database went
	// back in time. The one who holds the lock may replace
	// what the one who lost it has saved since: its token is the latest.
	updateToken = `UPDATE {schema}.grants AS g SET token = $3, version = greatest(version, $6) + 1,
		refreshable = $7, expires_at = $8, refreshed_at = now(), used_at = now(), lost_at = NULL, lost_reason = NULL
		WHERE workspace = $1 AND user_id = $2 AND login = $4 AND (version <= $6 OR EXISTS (
			SELECT FROM {schema}.grant_locks AS l WHERE l.workspace = $1 AND l.user_id = $2 AND l.holder = $5))
		RETURNING version`

	// A database that went back in time, as after a failover to a replica that lags
	// behind, gets the version again that it had confirmed.
	restoreToken = `UPDATE {schema}.grants SET token = $3, version = $6, refreshable = $7, expires_at = $8, refreshed_at = now(),
		lost_at = NULL, lost_reason = NULL
		WHERE workspace = $1 AND user_id = $2 AND login = $4 AND version = $5`

	loseToken = `UPDATE {schema}.grants SET lost_at = now(), lost_reason = $5
		WHERE workspace = $1 AND user_id = $2 AND login = $3 AND version = $4 AND lost_at IS NULL`
	deleteToken = `DELETE FROM {schema}.grants WHERE workspace = $1 AND user_id = $2`
)

// load reads the token of a user. Touch says that it is going to be used.
func (t *tokenTable) load(ctx context.Context, u user, touch bool) (stored, error) {
	var s stored
	var value []byte
	var batch pgx.Batch
	batch.Queue(expand(selectToken, t.o), u.workspace, u.id).QueryRow(func(row pgx.Row) error { return row.Scan(&value, &s.login, &s.version) })
	if touch {
		batch.Queue(expand(touchToken, t.o), u.workspace, u.id)
	}
	err := t.pool.SendBatch(ctx, &batch).Close()
	if errors.Is(err, pgx.ErrNoRows) {
		return s, fmt.Errorf("clarify: %w for %q in %q", authn.ErrNoToken, u.id, u.workspace)
	}
	if err != nil {
		return s, databaseError(err)
	}
	s.token, err = t.open(u, value)
	return s, err
}

// login saves a token that is not made from the one in the row.
func (t *tokenTable) login(ctx context.Context, u user, token *oauth2.Token, login string) error {
	value, err := t.seal(u, token)
	if err != nil {
		return err
	}
	_, err = t.pool.Exec(ctx, expand(insertToken, t.o), u.workspace, u.id, value, login, token.RefreshToken != "", expiry(token))
	return databaseError(err)
}

// refresh saves a token that was made from the one in the row, and returns its version.
func (t *tokenTable) refresh(ctx context.Context, u user, from stored, token *oauth2.Token, holder string) (version int64, err error) {
	value, err := t.seal(u, token)
	if err != nil {
		return 0, err
	}
	err = t.pool.QueryRow(ctx, expand(updateToken, t.o), u.workspace, u.id, value, from.login, holder, from.version,
		token.RefreshToken != "", expiry(token)).Scan(&version)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, fmt.Errorf("clarify: cannot save the token of %q in %q: %w", u.id, u.workspace, ErrChanged)
	}
	return version, databaseError(err)
}

// restore puts a newer version back into the row of an older one.
func (t *tokenTable) restore(ctx context.Context, u user, old, newer stored) error {
	value, err := t.seal(u, newer.token)
	if err != nil {
		return err
	}
	_, err = t.pool.Exec(ctx, expand(restoreToken, t.o), u.workspace, u.id, value, old.login, old.version, newer.version,
		newer.token.RefreshToken != "", expiry(newer.token))
	return databaseError(err)
}

// expiry is nil if the token does not say when it expires.
func expiry(token *oauth2.Token) *time.Time {
	if token.Expiry.IsZero() {
		return nil
	}
	return &token.Expiry
}

// failedError is an error of the database.
type failedError struct{ err error }

func (e *failedError) Error() string {
	return "clarify: the database that has the tokens failed: " + e.err.Error()
}

func (e *failedError) Unwrap() error { return e.err }

func databaseError(err error) error {
	if err == nil {
		return nil
	}
	return &failedError{err}
}
