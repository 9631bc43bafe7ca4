package api

import (
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/clarify-go/clarify/clarifytest/internal/store"
	"github.com/clarify-go/clarify/internal/contract"
)

// readPage reads page[offset] and page[limit].
func readPage(query url.Values) (page, error) {
	p := page{limit: maxPage}
	members, err := readMembers(query, "page", "offset", "limit")
	if err != nil {
		return page{}, err
	}
	if text, ok := members["offset"]; ok {
		if p.offset, err = readInteger("page[offset]", text, 0, math.MaxInt64); err != nil {
			return page{}, err
		}
	}
	if text, ok := members["limit"]; ok {
		if p.limit, err = readInteger("page[limit]", text, 1, maxPage); err != nil {
			return page{}, err
		}
	}
	return p, nil
}

func readInteger(name, text string, lowest, highest int64) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < lowest || n > highest {
		if highest == math.MaxInt64 {
			return 0, BadRequest("%s must be a whole number and at least %d.", name, lowest)
		}
		return 0, BadRequest("%s must be a whole number from %d to %d.", name, lowest, highest)
	}
	return n, nil
}

// readSortOrder reads sortOrder[column] and sortOrder[dir].
func readSortOrder(query url.Values) (store.Order, error) {
	members, err := readMembers(query, "sortOrder", "column", "dir")
	if err != nil || members == nil {
		return store.Order{}, err
	}
	if members["column"] == "" {
		return store.Order{}, BadRequest("sortOrder[column] must name a field.")
	}
	switch members["dir"] {
	case "ASC", "DESC":
		return store.Order{Column: members["column"], Descending: members["dir"] == "DESC"}, nil
	}
	return store.Order{}, BadRequest("sortOrder[dir] must be ASC or DESC.")
}

// readMembers reads a parameter that is an object with some members, each a
// string. It returns nil if the parameter is not sent.
func readMembers(query url.Values, name string, allowed ...string) (map[string]string, error) {
	var members map[string]string
	for _, key := range slices.Sorted(maps.Keys(query)) {
		values := query[key]
		base, keys, ok := contract.Bracketed(key)
		switch {
		case base != name:
			continue
		case !ok || len(keys) != 1 || !slices.Contains(allowed, keys[0]):
			return nil, BadRequest("The parameter %s is not one of %s[%s].", key, name, strings.Join(allowed, "], "+name+"["))
		case len(values) > 1:
			return nil, BadRequest("The parameter %s is sent more than once.", key)
		}
		if members == nil {
			members = map[string]string{}
		}
		members[keys[0]] = values[0]
	}
	return members, nil
}

// readSilent checks silent, which has no effect here: nobody is notified.
func readSilent(query url.Values) error {
	for _, text := range query["silent"] {
		if text != "true" && text != "false" {
			return BadRequest("silent must be true or false.")
		}
	}
	return nil
}
