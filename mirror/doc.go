// Package mirror keeps a database equal to a Clarify workspace, so that it can be asked
// in SQL, searched, and joined with what else there is.
//
//	store, err := sqlite.Open(ctx, "clarify.sqlite")
//	…
//	summary, err := mirror.Run(ctx, client, store)
//
// [Run] reads what has changed since the last run, or everything at first, and [Follow]
// does so again and again. A [Store] is the database: that of the package sqlite is a
// file, and that of the package postgres is PostgreSQL.
//
// There is a table for each object, named for it, such as person and c_vehicle, with a
// column for each field. docs/mirror.md lists the tables, with questions in SQL, and says
// what the API does not tell.
package mirror
