// Package schema knows the schemas of a workspace: its objects, their fields and
// relationships, how these read as JSON Schema, and how a change makes other schemas
// of them. It knows no records.
package schema
