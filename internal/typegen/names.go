package typegen

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// goName returns the exported Go name for the name of a field or an object. It depends on
// that name alone, so that it does not change when others come and go:
//
//   - A name in snake_case, company_id, becomes CompanyID. No two of these become the
//     same, because snakeCase is the inverse.
//   - Where that is in reserved, Extra, or cannot begin a Go name, 2nd, the Go name ends
//     in an underscore: Extra_, Field2nd_. Those of the first rule never do.
//   - Any other name, such as companyID, a-b or an emoji, gets a hash: CompanyID_x1f3a5c.
//     Those of the first rule have no underscore before a letter.
//
// prefix begins the names that cannot begin a Go name by themselves.
func goName(name, prefix string, reserved map[string]bool) string {
	camel := camelCase(words(name))
	inSnakeCase := camel != "" && snakeCase(camel) == name
	exported := camel
	if !unicode.IsUpper(firstRune(camel)) {
		exported = prefix + camel
	}
	switch {
	case inSnakeCase && exported == camel && !reserved[camel]:
		return camel
	case inSnakeCase:
		return exported + "_"
	}
	return hashed(exported, name)
}

// hashed returns a Go name with a hash of what it stands for.
func hashed(goName, identity string) string { return goName + "_x" + hashOf(identity)[:6] }

func hashOf(identity string) string {
	sum := sha256.Sum256([]byte(identity))
	return hex.EncodeToString(sum[:])
}

// spellings are the words that have more than one capital letter in Go.
var spellings = func() map[string]string {
	all := map[string]string{"ical": "ICal", "oauth": "OAuth", "apis": "APIs", "ids": "IDs", "urls": "URLs", "uuids": "UUIDs"}
	for word := range strings.FieldsSeq(
		"acl api ascii cpu css csv dns eof guid html http https id ip json lhs pdf qps ram rhs rpc sku sla smtp sql ssh tcp tls ttl udp ui uid uri url utf8 uuid vat vm xml xmpp xsrf xss",
	) {
		all[word] = strings.ToUpper(word)
	}
	return all
}()

// spelled are the values of spellings, the longest first, so that HTTPS is one word.
var spelled = slices.SortedFunc(maps.Values(spellings), func(a, b string) int { return len(b) - len(a) })

// words divides a name at what is neither a letter nor a digit, and before an upper-case
// letter that follows something else.
func words(name string) []string {
	var all []string
	var word []rune
	end := func() {
		if len(word) > 0 {
			all, word = append(all, string(word)), nil
		}
	}
	for _, r := range name {
		switch {
		case r == utf8.RuneError, !unicode.IsLetter(r) && !unicode.IsDigit(r):
			end()
			continue
		case unicode.IsUpper(r) && len(word) > 0 && !unicode.IsUpper(word[len(word)-1]):
			end()
		}
		word = append(word, r)
	}
	end()
	return all
}

// camelCase returns words in Go's style. As in the Go code of Protocol Buffers, an
// underscore stays before a digit: line_2 is Line_2, and line2 is Line2.
func camelCase(words []string) string {
	var b strings.Builder
	for i, word := range words {
		first, size := utf8.DecodeRuneInString(word)
		if i > 0 && unicode.IsDigit(first) {
			b.WriteByte('_')
		}
		if spelling, ok := spellings[strings.ToLower(word)]; ok {
			b.WriteString(spelling)
			continue
		}
		b.WriteRune(unicode.ToUpper(first))
		b.WriteString(word[size:])
	}
	return b.String()
}

// snakeCase returns the only name in snake_case that camelCase turns into a Go name.
func snakeCase(goName string) string {
	var b strings.Builder
	for rest := goName; rest != ""; {
		word := firstWord(rest)
		rest = rest[len(word):]
		if b.Len() > 0 && word[0] != '_' {
			b.WriteByte('_')
		}
		b.WriteString(strings.ToLower(word))
	}
	return b.String()
}

// firstWord returns the first word of a Go name: one of the spellings, or what is before
// the next capital letter or underscore.
func firstWord(goName string) string {
	for _, spelling := range spelled {
		if rest, ok := strings.CutPrefix(goName, spelling); ok && !unicode.IsLower(firstRune(rest)) {
			return spelling
		}
	}
	_, size := utf8.DecodeRuneInString(goName)
	if end := strings.IndexFunc(goName[size:], func(r rune) bool { return unicode.IsUpper(r) || r == '_' }); end >= 0 {
		return goName[:size+end]
	}
	return goName
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// plural returns the plural of the Go name of an object, for the function that returns
// its records.
func plural(goName string) string {
	if before, ok := strings.CutSuffix(goName, "Person"); ok {
		return before + "People"
	}
	end := func(endings ...string) bool {
		return slices.ContainsFunc(endings, func(ending string) bool { return strings.HasSuffix(goName, ending) })
	}
	switch last := goName[len(goName)-1]; {
	case end("ss", "us", "x", "ch", "sh"):
		return goName + "es"
	case end("ay", "ey", "iy", "oy", "uy"):
		return goName + "s"
	case end("y"):
		return goName[:len(goName)-1] + "ies"
	case last == 's' || (last < 'a' || last > 'z'):
		return goName + "Records" // It is a plural already, or not English.
	}
	return goName + "s"
}

// symbols are those that make a difference between options.
var symbols = strings.NewReplacer("+", " Plus ", "&", " And ", "<", " LessThan ", ">", " GreaterThan ", "%", " Percent ", "#", " Sharp ", "$", " Dollars ", "€", " Euros ")

// optionName returns what follows the name of the type in the name of a constant.
func optionName(value string) string {
	if value == "" {
		return "Empty"
	}
	if camel := camelCase(words(symbols.Replace(value))); camel != "" {
		return camel
	}
	return hashed("", value)
}

// scope are the names of a package.
type scope map[string]bool

// wish is a name that is wanted for something. identity tells it from everything else.
type wish struct {
	name, identity string
	granted        *string
}

// grant decides names. One that was granted before, or that several want, goes to
// nobody: each gets a hash of its own identity, so that a name never comes to mean
// something else.
func (s scope) grant(wishes []wish) {
	wanted := map[string]int{}
	for _, w := range wishes {
		wanted[w.name]++
	}
	for _, w := range wishes {
		*w.granted = w.name
		if s[w.name] || wanted[w.name] > 1 {
			*w.granted = hashed(w.name, w.identity)
		}
	}
	// Two hashes are the same only once in millions of pairs.
	twice := map[string]int{}
	for _, w := range wishes {
		twice[*w.granted]++
	}
	for _, w := range wishes {
		if twice[*w.granted] > 1 || s[*w.granted] {
			*w.granted = w.name + "_x" + hashOf(w.identity)
		}
	}
	for _, w := range wishes {
		s[*w.granted] = true
	}
}
