// Package books holds the client to what it reports. Its test runs random
// programs of reads and writes through the package clarify against a sandbox in
// which every tenth request goes wrong, and keeps books on what the client said
// of each. At the end the books are compared with what the sandbox holds: what
// was reported as done is there, exactly once; what was reported as failed is
// not; and only what was reported as unknown may be either.
//
// Programs are drawn by pgregory.net/rapid, which prints the seed of one that
// fails, and makes it shorter. Time is fake, so waiting costs nothing.
//
//	go test                                  # 10,000 operations
//	BOOKS=1000000 go test -timeout 2h        # a million
package books
