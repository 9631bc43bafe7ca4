package mirror

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

// maxName is how many bytes the name of a table or column has at most: as many as in
// PostgreSQL.
const maxName = 63

// namesFor returns a name for each of the API's names, for tables or columns. It is the
// name itself, unless that is too long or differs from another one in case only: then
// the end of it is a digest, so that a name never depends on the order of the others.
func namesFor(names []string, reserved ...string) map[string]string {
	count := map[string]int{}
	for _, name := range names {
		count[lower(name)]++
	}
	for _, name := range reserved {
		count[lower(name)]++
	}
	all := make(map[string]string, len(names))
	for _, name := range names {
		if plain := validName(name); plain && (count[lower(name)] == 1 || count[lower(name)] > 1 && lower(name) == name && !contains(reserved, name)) {
			all[name] = name
			continue
		}
		all[name] = digestName(name)
	}
	return all
}

func contains(all []string, name string) bool {
	for _, other := range all {
		if lower(other) == lower(name) {
			return true
		}
	}
	return false
}

func validName(name string) bool {
	return name != "" && len(name) <= maxName && utf8.ValidString(name) && !strings.ContainsRune(name, 0)
}

// digestName returns a name of at most maxName bytes that is another one for another
// name.
func digestName(name string) string {
	sum := sha256.Sum256([]byte(name))
	end := "_" + hex.EncodeToString(sum[:4])
	start := cleanText(name)
	if len(start) > maxName-len(end) {
		start = start[:maxName-len(end)]
		for !utf8.ValidString(start) {
			start = start[:len(start)-1]
		}
	}
	return start + end
}

// lower returns a name in lower case, as SQLite compares names.
func lower(name string) string {
	b := []byte(name)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
