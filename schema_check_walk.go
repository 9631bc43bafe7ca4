package clarify

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/clarify-go/clarify/internal/jsonscan"
)

// checking is a check of the attributes of one record.
type checking struct {
	*jsonscan.Scanner
	base     string         // the pointer to the attributes
	path     []pointerToken // from there to the value
	problems []ErrorObject
}

// pointerToken leads to a member, or to an item if item is not negative.
type pointerToken struct {
	name string
	item int
}

func memberToken(name string) pointerToken { return pointerToken{name, -1} }

// problems returns what is wrong with encoded attributes, to which base points. If
// whole is true they are all attributes of a new record.
func (o *objectChecker) problems(attributes []byte, base string, whole bool) []ErrorObject {
	found, ok := o.scan(attributes, base, whole)
	if ok {
		return found
	}
	// What the scanner gives up at, such as a duplicate member, is gone once it was decoded.
	var decoded any
	if decode(attributes, &decoded) != nil {
		return nil
	}
	plain, err := encodeJSON(decoded)
	if err != nil {
		return nil
	}
	if found, ok = o.scan(plain, base, whole); !ok {
		return nil
	}
	return found
}

// checkings are reused, so that a check of a valid record allocates nothing.
var checkings = sync.Pool{New: func() any { return new(checking) }}

func (o *objectChecker) scan(attributes []byte, base string, whole bool) (problems []ErrorObject, ok bool) {
	c := checkings.Get().(*checking)
	defer checkings.Put(c)
	c.base, c.path, c.problems = base, c.path[:0], nil
	ok, _ = jsonscan.Scan(attributes, func(s *jsonscan.Scanner) {
		c.Scanner = s
		var required []string
		if whole {
			required = o.required
		}
		missing := c.object(&o.fields, required, func(name string) string { return unknownField(name, o) })
		for _, name := range missing {
			c.at(memberToken(name), func() { c.failf("A new %s must have a value for %q.", o.name, name) })
		}
	})
	c.Scanner = nil
	return c.problems, ok
}

// object checks an object. It returns those of the required members that it lacks.
// unknown returns what is wrong with a member that there is not.
func (c *checking) object(of *memberCheckers, required []string, unknown func(name string) string) (missing []string) {
	missing = slices.Clone(required)
	var failed []string // the members with problems
	for more := c.Object(); more; more = c.NextMember() {
		name := c.Name()
		member := of.byName[string(name)]
		if len(missing) > 0 {
			missing = slices.DeleteFunc(missing, func(one string) bool { return one == string(name) })
		}
		if len(failed) > 0 && slices.Contains(failed, string(name)) {
			c.GiveUp() // The last of several members of a name counts.
			return nil
		}
		before := len(c.problems)
		kept := ""
		switch {
		case member != nil:
			kept = member.name
			c.path = append(c.path, memberToken(kept))
			c.value(member)
			c.path = c.path[:len(c.path)-1]
		case !of.open:
			kept = string(name)
			c.at(memberToken(kept), func() { c.fail(unknown(kept)) })
			fallthrough
		default:
			c.Skip()
		}
		if len(c.problems) > before {
			failed = append(failed, kept)
		}
	}
	return missing
}

// at calls f with a path that is one token longer.
func (c *checking) at(s pointerToken, f func()) {
	c.path = append(c.path, s)
	f()
	c.path = c.path[:len(c.path)-1]
}

// value checks a value, and consumes it.
func (c *checking) value(v *valueChecker) {
	first := c.Peek()
	switch {
	case v.unwanted != "":
		c.fail(v.unwanted)
	case first == 'n' && !v.nullable:
		c.fail("The value must not be null.")
	case first == 'n' || v.form == anyForm:
	default:
		c.form(v, first)
		return
	}
	c.Skip()
}

// firstBytes has the first bytes of the values of each form, and what the values are.
var firstBytes = [...]struct{ first, what string }{
	stringForm:     {`"`, "a string"},
	numberForm:     {"-0123456789", "a number"},
	boolForm:       {"tf", "true or false"},
	dateForm:       {`"`, dateWanted},
	timeForm:       {`"`, timeWanted},
	optionForm:     {`"`, "the name of an option, a string"},
	idForm:         {`"`, "the id of a record, a string"},
	collectionForm: {"{", `a collection, an object with items: {"items": […]}`},
	arrayForm:      {"[", "an array"},
	nameForm:       {"{", "a name, an object with first_name and last_name"},
	objectForm:     {"{", "an object"},
	richTextForm:   {"{", `rich text, an object with blocks: {"text": […]}`},
}

const (
	dateWanted = "a date, such as 2026-02-03"
	timeWanted = "a time with an offset, such as 2026-02-03T04:05:06.789Z"
)

// form checks a value that is not null.
func (c *checking) form(v *valueChecker, first byte) {
	want := firstBytes[v.form]
	if strings.IndexByte(want.first, first) < 0 {
		c.failf("The value must be %s, not %s.", want.what, kindOfValue(c.Raw()))
		return
	}
	switch v.form {
	case numberForm:
		c.number(v)
	case boolForm:
		c.Bool()
	case collectionForm:
		if !c.list(v, "items") {
			c.failf("The value must be %s.", want.what)
		}
	case richTextForm:
		if !c.list(&blocks, "text") {
			c.at(memberToken("text"), func() { c.failf("The value must be an array of blocks.") })
		}
	case arrayForm:
		c.items(v)
	case nameForm, objectForm:
		c.object(&v.members, nil, func(name string) string { return unknownMember(name, v) })
	default:
		c.text(v, c.Bytes())
	}
}

// blocks checks the blocks of rich text. Some had another form than the present one
// (live-api.md, "The built-in objects"), and according to the contract any object is one.
var blocks = valueChecker{items: &valueChecker{form: objectForm, members: memberCheckers{open: true}}}

func (c *checking) number(v *valueChecker) {
	number := c.Number()
	if len(number) == 0 {
		return
	}
	before, after := digitsOf(number)
	switch {
	case v.decimal && (before > maxDigitsBefore || after > maxDigitsAfter):
		c.failAs(http.StatusBadRequest, "The number "+shown(number)+" is out of range: at most 12 digits before the decimal point and 4 after it.")
	case v.integer && after > 0:
		c.failf("The value must be a whole number, not %s.", shown(number))
	}
}

func (c *checking) text(v *valueChecker, text []byte) {
	switch {
	case v.form == dateForm && !isDate(text):
		c.failf("%s is not %s.", quoted(text), dateWanted)
	case v.form == timeForm && !isTime(text):
		c.failf("%s is not %s.", quoted(text), timeWanted)
	case v.form == optionForm && !v.options[string(text)]:
		c.fail(unknownOption(text, v.checklist))
	case v.form == stringForm && v.format == "email" && !isEmail(text):
		c.failf("%s is not an email address.", quoted(text))
	case v.form == stringForm && v.format == "hostname" && !isHostname(text):
		c.failf("%s is not a domain, such as acme.example.", quoted(text))
	}
}

// list checks the list that an object has as its member of a name, and reports whether
// it has one.
func (c *checking) list(v *valueChecker, name string) bool {
	found, isList := false, false
	for more := c.Object(); more; more = c.NextMember() {
		if string(c.Name()) != name {
			c.Skip()
			continue
		}
		if found {
			c.GiveUp() // The last of several members of a name counts.
			break
		}
		found, isList = true, c.Peek() == '['
		if !isList {
			c.Skip()
			continue
		}
		c.path = append(c.path, memberToken(name))
		c.items(v)
		c.path = c.path[:len(c.path)-1]
	}
	return isList
}

// items checks the items of a list.
func (c *checking) items(v *valueChecker) {
	i := 0
	for more := c.Array(); more; more = c.NextElement() {
		if v.items == nil {
			c.Skip()
			continue
		}
		c.path = append(c.path, pointerToken{item: i})
		c.value(v.items)
		c.path = c.path[:len(c.path)-1]
		i++
	}
}

func (c *checking) pointer() string {
	var b strings.Builder
	b.WriteString(c.base)
	for _, s := range c.path {
		b.WriteByte('/')
		if s.item >= 0 {
			b.WriteString(strconv.Itoa(s.item))
		} else {
			b.WriteString(pointerEscapes.Replace(s.name))
		}
	}
	return b.String()
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")
