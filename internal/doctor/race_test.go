//go:build race

package doctor_test

// stride leaves out most cases of the large tables: with the race detector they take
// long, and what is concurrent is the same in all of them.
const stride = 6
