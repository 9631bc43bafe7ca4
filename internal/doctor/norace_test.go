//go:build !race

package doctor_test

const stride = 1
