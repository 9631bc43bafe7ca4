//go:build race

package clarify

const raceEnabled = true
