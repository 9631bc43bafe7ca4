//go:build !race

package clarify_test

const stride = 1
