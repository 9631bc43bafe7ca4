// Package clarifypostgres lets the processes of a program share, in a PostgreSQL database,
// what the API counts or issues once for all of them: the rate limit of a workspace,
// and the token of each user.
//
//	pool, err := pgxpool.New(ctx, url)
//	err = clarifypostgres.Migrate(ctx, pool)
//	client, err := clarify.New("acme", auth, clarify.WithLimiter(clarifypostgres.NewLimiter(pool)))
//
// [Grants] has the tokens of many users, encrypted, with the queries that a web app
// needs. [NewTokenStore] is for one of them.
//
// Everything is in one schema, "clarify" unless [WithSchema] says otherwise, that
// [Migrate] makes. PostgreSQL 12 or newer is required. Connection poolers in
// transaction mode work: nothing listens, and nothing is kept in a session. All
// statements work with any of pgx's query execution modes.
package clarifypostgres
