package contract

import "strings"

// Bracketed splits the name of a query parameter such as filter[name][Is not]
// into the name before the brackets and what is in them. A name without
// brackets has no keys. It reports false if the brackets do not pair up.
func Bracketed(key string) (name string, keys []string, ok bool) {
	name, rest, found := strings.Cut(key, "[")
	if !found {
		return name, nil, !strings.Contains(name, "]")
	}
	for {
		inner, after, found := strings.Cut(rest, "]")
		if !found || strings.Contains(inner, "[") {
			return name, nil, false
		}
		keys = append(keys, inner)
		if after == "" {
			return name, keys, true
		}
		if after[0] != '[' {
			return name, nil, false
		}
		rest = after[1:]
	}
}
