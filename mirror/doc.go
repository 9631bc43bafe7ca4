// Package mirror keeps a database equal to a Clarify workspace.
package mirror
