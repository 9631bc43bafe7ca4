package clarifypostgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// migrations make the tables, each from what the one before it left. They are never
// changed, only followed by others. {schema} is the quoted name of the schema.
var migrations = []string{
	// The rows of rate limits change often, and have little that lasts: space is left
	// in their pages, so that no index changes with them.
	`CREATE TABLE {schema}.rate_limits (
		workspace  text NOT NULL,
		operation  text NOT NULL,
		state      text,
		updated_at timestamptz NOT NULL DEFAULT now(),
		PRIMARY KEY (workspace, operation)
	) WITH (fillfactor = 25, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)`,

	`CREATE TABLE {schema}.grants (
		workspace    text NOT NULL,
		user_id      text NOT NULL,
		token        bytea NOT NULL,
		login        text NOT NULL,
		version      bigint NOT NULL,
		refreshable  boolean NOT NULL,
		expires_at   timestamptz,
		created_at   timestamptz NOT NULL,
		refreshed_at timestamptz NOT NULL,
		used_at      timestamptz NOT NULL,
		lost_at      timestamptz,
		lost_reason  text,
		PRIMARY KEY (workspace, user_id)
	) WITH (fillfactor = 70)`,
	`CREATE INDEX grants_lost ON {schema}.grants (workspace, user_id) WHERE lost_at IS NOT NULL OR NOT refreshable`,
	`CREATE TABLE {schema}.grant_locks (
		workspace text NOT NULL,
		user_id   text NOT NULL,
		holder    text NOT NULL,
		beat      bigint NOT NULL,
		PRIMARY KEY (workspace, user_id)
	)`,
}

// Migrate makes the schema and its tables, or brings them up to date. Any number of
// processes may call it concurrently, also when they start. It returns an error if a
// newer version of this package has changed the tables in a way that this one does not
// know.
//
// The user of the database needs the right to create in the database, if the schema
// does not exist, or else in the schema.
func Migrate(ctx context.Context, pool *pgxpool.Pool, opts ...Option) error {
	o, err := newOptions(pool, opts)
	if err != nil {
		return err
	}
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return migrate(ctx, tx, o) })
	if err != nil {
		return fmt.Errorf("clarify: cannot migrate the schema %q: %w", o.schema, err)
	}
	return nil
}

func migrate(ctx context.Context, tx pgx.Tx, o options) error {
	// One at a time: IF NOT EXISTS alone is not safe for concurrent use.
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", "clarify "+o.schema); err != nil {
		return err
	}
	var exists bool
	if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)", o.schema).Scan(&exists); err != nil {
		return err
	}
	if !exists {
		if _, err := tx.Exec(ctx, "CREATE SCHEMA "+pgx.Identifier{o.schema}.Sanitize()); err != nil {
			return err
		}
	}
	table := o.table("migrations")
	if err := tx.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", table).Scan(&exists); err != nil {
		return err
	}
	if !exists {
		if _, err := tx.Exec(ctx, "CREATE TABLE "+table+" (version int PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"); err != nil {
			return err
		}
	}
	var version int
	if err := tx.QueryRow(ctx, "SELECT coalesce(max(version), 0) FROM "+table).Scan(&version); err != nil {
		return err
	}
	if version > len(migrations) {
		return fmt.Errorf("its tables have version %d, newer than %d: update this program", version, len(migrations))
	}
	for n := version + 1; n <= len(migrations); n++ {
		if _, err := tx.Exec(ctx, expand(migrations[n-1], o)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "INSERT INTO "+table+" (version) VALUES ($1)", n); err != nil {
			return err
		}
	}
	return nil
}
