// Package clarifypostgres lets the processes of a program share the rate limit of a
// workspace, in a PostgreSQL database.
//
//	pool, err := pgxpool.New(ctx, url)
//	err = clarifypostgres.Migrate(ctx, pool)
//	client, err := clarify.New("acme", auth, clarify.WithLimiter(clarifypostgres.NewLimiter(pool)))
//
// Everything is in one schema, "clarify" unless [WithSchema] says otherwise, that
// [Migrate] makes. PostgreSQL 12 or newer is required. Connection poolers in
// transaction mode work: nothing listens, and nothing is kept in a session. All
// statements work with any of pgx's query execution modes.
package clarifypostgres
