package clarifypostgres_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clarify-go/clarify/authn"
	clarifypostgres "github.com/clarify-go/clarify/contrib/postgres"
	"github.com/clarify-go/clarify/internal/servers"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/oauth2"
)

// open returns a store, as a process of its own has it.
func open(t *testing.T, pool *pgxpool.Pool, opts ...clarifypostgres.Option) *clarifypostgres.TokenStore {
	t.Helper()
	store, err := clarifypostgres.NewTokenStore(pool, keys, "acme", "ada", opts...)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func token(n string) *oauth2.Token {
	return &oauth2.Token{AccessToken: "access-" + n, TokenType: "Bearer", RefreshToken: "refresh-" + n, Expiry: time.Now().Add(time.Hour), ExpiresIn: 3600}
}

func save(t *testing.T, store authn.TokenStore, n string) {
	t.Helper()
	if err := store.Save(t.Context(), token(n)); err != nil {
		t.Fatal(err)
	}
}

func wantStored(t *testing.T, store authn.TokenStore, n string) {
	t.Helper()
	got, err := store.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.RefreshToken != "refresh-"+n {
		t.Errorf("the refresh token is %q, want that of %s", got.RefreshToken, n)
	}
}

func lock(t *testing.T, store authn.TokenLocker) (unlock func()) {
	t.Helper()
	unlock, err := store.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return unlock
}

// The database is killed while the authorization server responds. Nobody else may send
// the refresh token once it is back, before the new one is saved.
func TestADatabaseThatDiesDuringARefreshLosesNothing(t *testing.T) {
	server := servers.Postgres(t)
	pool := connect(t, server.URL, 4)
	migrate(t, pool)
	first, second := open(t, pool), open(t, connect(t, server.URL, 4))
	save(t, first, "0")
	unlock := lock(t, first)
	wantStored(t, first, "0")
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	// The context of the caller ends before the database is back.
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := first.Save(ctx, token("1")); err == nil {
		t.Fatal("there is no error")
	}
	unlock()
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	defer lock(t, second)()
	wantStored(t, second, "1")
}

// The next call in the process saves a token, too.
func TestATokenThatCouldNotBeSavedIsSavedByTheNextLock(t *testing.T) {
	server := servers.Postgres(t)
	pool := connect(t, server.URL, 4)
	migrate(t, pool)
	store := open(t, pool)
	save(t, store, "0")
	unlock := lock(t, store)
	wantStored(t, store, "0")
	if err := server.Pause(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := store.Save(ctx, token("1")); err == nil {
		t.Fatal("there is no error")
	}
	if err := server.Resume(); err != nil {
		t.Fatal(err)
	}
	unlock()
	defer lock(t, store)()
	wantStored(t, store, "1")
}

// A replica that has not got everything takes over.
func TestADatabaseThatGoesBackInTimeGetsTheNewerToken(t *testing.T) {
	pool, schema := prepared(t)
	first, second := open(t, pool, schema), open(t, pool, schema)
	save(t, first, "0")
	type row struct {
		Token   []byte
		Version int64
	}
	var before row
	name := clarifypostgres.SchemaName(schema)
	if err := pool.QueryRow(t.Context(), `SELECT token, version FROM `+name+`.grants`).Scan(&before.Token, &before.Version); err != nil {
		t.Fatal(err)
	}
	unlock := lock(t, first)
	wantStored(t, first, "0")
	save(t, first, "1")
	unlock()
	wantStored(t, second, "1")
	if _, err := pool.Exec(t.Context(), `UPDATE `+name+`.grants SET token = $1, version = $2`, before.Token, before.Version); err != nil {
		t.Fatal(err)
	}
	// One that has only read the newer token puts it back.
	unlock = lock(t, second)
	wantStored(t, second, "1")
	unlock()
	wantStored(t, open(t, pool, schema), "1")
	// A login is never replaced by what was before it.
	save(t, open(t, pool, schema), "login")
	unlock = lock(t, first)
	wantStored(t, first, "login")
	unlock()
}

// A lock whose process says nothing is taken over. What the process saves after that is
// still saved if it is the latest, and is an error if not.
func TestALockThatIsLostIsTakenOver(t *testing.T) {
	for name, test := range map[string]struct {
		other bool // whether the one who took over has saved a token
		want  error
	}{
		"nothing was saved since": {false, nil},
		"a token was saved since": {true, clarifypostgres.ErrChanged},
	} {
		t.Run(name, func(t *testing.T) {
			pool, schema := prepared(t)
			first, second := open(t, pool, schema), open(t, pool, schema)
			save(t, first, "0")
			defer lock(t, first)()
			wantStored(t, first, "0")
			// As if it had been stopped for long, and nobody had shown a sign of life.
			if _, err := pool.Exec(t.Context(), `DELETE FROM `+clarifypostgres.SchemaName(schema)+`.grant_locks`); err != nil {
				t.Fatal(err)
			}
			defer lock(t, second)()
			wantStored(t, second, "0")
			if test.other {
				save(t, second, "2")
			}
			if err := first.Save(t.Context(), token("1")); !errors.Is(err, test.want) {
				t.Errorf("the error is %v, want %v", err, test.want)
			}
			// The one who has the lock has the latest token.
			save(t, second, "3")
			wantStored(t, first, "3")
		})
	}
}

// The row of a process that has died is there, and nobody changes it.
func TestALockOfADeadProcessIsTakenOver(t *testing.T) {
	pool, schema := prepared(t)
	const lost = 500 * time.Millisecond
	store := open(t, pool, schema, clarifypostgres.WithLostAfter(lost))
	save(t, store, "0")
	if _, err := pool.Exec(t.Context(), `INSERT INTO `+clarifypostgres.SchemaName(schema)+`.grant_locks VALUES ('acme', 'ada', 'dead', 7)`); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	lock(t, store)()
	if took := time.Since(began); took < lost {
		t.Errorf("it was taken over after %v, want %v", took, lost)
	}
}

// A process that lives keeps its lock, for as long as a refresh takes.
func TestALockThatIsHeldForLongIsNotTakenOver(t *testing.T) {
	pool, schema := prepared(t)
	lost := clarifypostgres.WithLostAfter(time.Second)
	first, second := open(t, pool, schema, lost), open(t, pool, schema, lost)
	save(t, first, "0")
	defer lock(t, first)()
	ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
	defer cancel()
	if unlock, err := second.Lock(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the error is %v, want that of the context", err)
		if unlock != nil {
			unlock()
		}
	}
}

// A lock that cannot be released while the database is down is released after that, and
// does not have to expire.
func TestALockIsReleasedOnceTheDatabaseIsBack(t *testing.T) {
	server := servers.Postgres(t)
	pool := connect(t, server.URL, 4)
	migrate(t, pool)
	lost := clarifypostgres.WithLostAfter(time.Hour)
	first, second := open(t, pool, lost), open(t, connect(t, server.URL, 4), lost)
	save(t, first, "0")
	unlock := lock(t, first)
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	unlock()
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	lock(t, second)()
}

func TestTokensAreEncryptedForTheirUser(t *testing.T) {
	pool, schema := prepared(t)
	save(t, open(t, pool, schema), "0")
	var row []byte
	if err := pool.QueryRow(t.Context(), `SELECT token FROM `+clarifypostgres.SchemaName(schema)+`.grants`).Scan(&row); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(row, []byte("access-0")) || bytes.Contains(row, []byte("refresh-0")) {
		t.Error("the token can be read")
	}
	if _, err := pool.Exec(t.Context(), `UPDATE `+clarifypostgres.SchemaName(schema)+`.grants SET user_id = 'eve'`); err != nil {
		t.Fatal(err)
	}
	eve, err := clarifypostgres.NewTokenStore(pool, keys, "acme", "eve", schema)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := eve.Load(t.Context()); !errors.Is(err, clarifypostgres.ErrKey) {
		t.Errorf("the error is %v, want ErrKey", err)
	}
}

// authorizationServer issues tokens that have expired at once, each refresh token for
// one use. It rejects all others.
type authorizationServer struct {
	*httptest.Server
	refreshes atomic.Int64
	ends      atomic.Bool // all grants
}

func newAuthorizationServer(t *testing.T) *authorizationServer {
	s := &authorizationServer{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if s.ends.Load() {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"invalid_grant"}`))
			return
		}
		s.refreshes.Add(1)
		_, _ = w.Write([]byte(`{"access_token":"access-new","token_type":"Bearer","refresh_token":"refresh-new","expires_in":3600}`))
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *authorizationServer) config() *oauth2.Config {
	config := authn.NewConfig("client", "", "")
	config.Endpoint.TokenURL = s.URL
	return config
}
