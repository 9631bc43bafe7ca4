// Package report holds what clarify-doctor found, and writes it as text, JSON or
// Markdown.
//
// A report has no data of the workspace. This package sees to that by what it
// takes: a [Phrase] is made of a format that is a constant of the program and of
// operands that say nothing but names that everybody has, types, lengths and
// counts. A name that is a workspace's own, such as that of a field or an object,
// becomes field-1 or object-1, the same for the same name throughout a report.
package report
