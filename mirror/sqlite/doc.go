// Package sqlite keeps a mirror in a file of SQLite, with full-text search by FTS5.
//
// It needs no C compiler: SQLite is translated to Go by modernc.org/sqlite. The file is
// an ordinary database, which other programs may read while a run writes. They should
// not write the tables of the mirror, and may have others.
//
// Columns of the kind number are NUMERIC: integers of up to 18 digits are exact, others
// are 64-bit floating point. The exact number is in the column _record. Dates and times
// are text in ISO 8601, which the date functions of SQLite understand, and which can be
// compared. JSON is text, for the operators -> and ->>.
package sqlite
