// Package store holds the records of a workspace, its schemas and what happened to them.
// Transactions change it, and are undone if they fail. What it holds is copied on write,
// so that a snapshot costs nothing.
//
// It knows schemas and values, but nothing of HTTP and of the documents that the API
// sends. Its errors are [values.Problem]s whose reasons are the errors of this package.
package store
