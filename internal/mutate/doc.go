// Mutate measures what the tests of a package notice. It makes small changes in
// the source, one at a time, runs the tests against each, and lists the changes
// that no test noticed, with a diff. Each of these survivors is either missing
// from a test, or equivalent: the program does the same with it.
//
//	go run ./internal/mutate -pkg . -files 'retry*.go,chain.go' -n 50 -seed 1
//
// A change never touches the source: the tests are built with an overlay, and so
// are programs that they build themselves. But changed code does what it does: it
// may leave a file where a test would never have put one. The same seed chooses
// the same changes, as long as the source is the same.
//
// Tests of other packages count with -tests, and -first names the quick tests to
// try before all others. A change that does not compile is left out. Where the
// tests reach no statement of a changed line, none is run.
package main
