//go:build !race

package rerun

const race = false
