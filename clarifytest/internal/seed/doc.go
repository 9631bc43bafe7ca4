// Package seed makes records: people, companies, deals, meetings and tasks that have to
// do with each other. They follow from a key, and their attributes are made when they
// are asked for.
package seed
