package clarify

import (
	"net/url"
	"strings"
)

// parameters are those of a query string, in order.
type parameters []string

// add adds a parameter whose name is a path of keys: filter, name, Is becomes
// filter[name][Is]. Spaces are written %20: whether + means a space is not the
// same everywhere.
func (p *parameters) add(value string, name string, keys ...string) {
	for _, key := range keys {
		name += "[" + key + "]"
	}
	*p = append(*p, escapeQuery(name)+"="+escapeQuery(value))
}

func (p *parameters) addInclude(names []string) {
	if names != nil {
		p.add(strings.Join(names, ","), "include")
	}
}

func (p parameters) encode() string { return strings.Join(p, "&") }

func escapeQuery(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}
