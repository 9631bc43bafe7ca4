// Package postgres keeps a mirror in a schema of a PostgreSQL database.
//
//	store, err := postgres.Open(ctx, "postgres://localhost/warehouse")
//
// The schema is "clarify" unless [WithSchema] says otherwise, and Migrate makes it. So
// the table of people is clarify.person. Others may have tables, views and indexes of
// their own in it, also indexes on the tables of the mirror, and should not write these.
// PostgreSQL 13 or newer is required, and a database in UTF8.
//
// # Columns
//
//   - The kind text is text. The columns of keys are COLLATE "C", in the order of the
//     bytes. Others sort and ignore case as the database does.
//   - number is numeric, and exact. Numbers smaller than 1e-16383 become 0.
//   - boolean is boolean, date is date, and time is timestamptz(3).
//   - json is json, byte for byte. Cast it to jsonb for its operators and indexes.
//
// A row must fit into a page of PostgreSQL, 8 KB, to which a long value adds 18 bytes
// and a null none. So a row has at most about 450 long values, or 1,000 short ones. A
// key has at most 2,700 bytes. More is an error.
//
// # Full-text search
//
// The table search has a column _search of the type tsvector, in the configuration
// "simple", with a GIN index:
//
//	SELECT * FROM clarify.search WHERE _search @@ websearch_to_tsquery('simple', 'annual plan')
//
// Where a tsvector of everything would be larger than PostgreSQL allows, 1 MB, it has
// the first 100,000 characters of a row.
//
// # The lock and connections
//
// Lock is an advisory lock of a session, on a connection that does nothing but hold it
// and run the transactions. They cannot outlive it. A connection pooler in the
// transaction mode breaks that, and is noticed: a transaction fails whose session does
// not hold the lock.
//
// If the connection ends, then so does the run, and [mirror.Run] resumes when it is
// called again. If the machine of a run is gone, the server notices within two minutes.
//
// Rows reads in pages, and holds neither a connection nor a lock between them.
//
// # Read only
//
// Query runs one statement, which must return columns, in a READ ONLY transaction that
// is always rolled back, on a connection that is closed after it. So it cannot change
// tables, and nothing that it sets remains. It can do what else the role may do in a
// SELECT: read other schemas, and call functions whose effects are not those of the
// transaction, such as pg_terminate_backend, dblink, or lo_import before PostgreSQL 16.
// So it is a guard against mistakes. For questions of people who are not trusted with
// the role, open the database with one that can only read:
//
//	CREATE ROLE reader LOGIN;
//	GRANT USAGE ON SCHEMA clarify TO reader;
//	ALTER DEFAULT PRIVILEGES IN SCHEMA clarify GRANT SELECT ON TABLES TO reader;
//	GRANT SELECT ON ALL TABLES IN SCHEMA clarify TO reader;
package postgres
