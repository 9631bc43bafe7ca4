// Package servers starts PostgreSQL and Redis for tests: the real programs, in
// temporary folders, on Unix sockets. A test can pause, kill and restart them.
//
// Each server ends with its test, and at the latest with the process of the test,
// however that ends. If a program is not installed, the test is skipped; if the
// variable CI is set, it fails. The script install in this folder installs both.
package servers
