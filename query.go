package clarify

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Operator is how [Where] compares a field with values. The constants are all
// that the API knows; their case matters.
type Operator string

// The operators, and the kinds of fields that the API has them for.
const (
	// Is and IsNot are for all kinds but multi selects and locations.
	Is    Operator = "Is"
	IsNot Operator = "Is not"

	// Contains and DoesNotContain look for a part of a text or location, for an
	// option of a multi select, and for an item of a collection such as
	// email_addresses.
	Contains       Operator = "Contains"
	DoesNotContain Operator = "Does not contain"

	// StartsWith and EndsWith are for texts.
	StartsWith Operator = "Starts with"
	EndsWith   Operator = "Ends with"

	// These four are for numbers and currencies.
	GreaterThan        Operator = "Greater than"
	GreaterThanOrEqual Operator = "Greater than or equal"
	LessThan           Operator = "Less than"
	LessThanOrEqual    Operator = "Less than or equal"

	// These four are for dates and moments.
	IsBefore     Operator = "Is before"
	IsOnOrBefore Operator = "Is on or before"
	IsAfter      Operator = "Is after"
	IsOnOrAfter  Operator = "Is on or after"

	// OneOf and NotOneOf are for single selects and take any number of values.
	OneOf    Operator = "One of"
	NotOneOf Operator = "Not one of"

	// IsEmpty and IsNotEmpty take no value. They are for all kinds but checkboxes
	// and locations.
	IsEmpty    Operator = "Is empty"
	IsNotEmpty Operator = "Is not empty"

	// IsSet and IsNotSet take no value. They are for checkboxes.
	IsSet    Operator = "Is set"
	IsNotSet Operator = "Is not set"
)

// operators are in the order in which a message lists them.
var operators = []Operator{
	Is, IsNot, Contains, DoesNotContain, StartsWith, EndsWith,
	GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual,
	IsBefore, IsOnOrBefore, IsAfter, IsOnOrAfter,
	OneOf, NotOneOf, IsEmpty, IsNotEmpty, IsSet, IsNotSet,
}

func (op Operator) takesNone() bool {
	return op == IsEmpty || op == IsNotEmpty || op == IsSet || op == IsNotSet
}

func (op Operator) takesMany() bool { return op == OneOf || op == NotOneOf }

// Direction is the direction that [OrderBy] sorts in.
type Direction string

// The directions.
const (
	Ascending  Direction = "ASC"
	Descending Direction = "DESC"
)

// QueryOption says which entries of a collection to read, and how. What is wrong
// with it comes out as the error of the call that it is given to, before
// anything is sent, and so does an option that the operation does not have.
//
// An option may be used again, and by several goroutines at once.
type QueryOption func(*query)

// Where leaves out the records that do not meet a condition. All conditions must
// hold: the API has no OR. Two conditions on one field make a range. As the API
// takes an operator only once for each field, the same one with other values is
// an error.
//
// A field with dots reaches related records, up to three levels deep, and starts
// with the object that is read: person.company_id.name. A field name cannot hold
// brackets, which the API's query syntax is made of.
//
// [IsEmpty], [IsNotEmpty], [IsSet] and [IsNotSet] take no value, [OneOf] and
// [NotOneOf] one or more, or a slice of them, none of which can hold a comma;
// the others take one. A value means itself, whatever it looks like: the
// operator is always sent by name. It may be
//
//   - a string, a bool, an integer, a float or a [json.Number], which are sent
//     without exponent and with all their digits;
//   - a [time.Time], sent in UTC with milliseconds, what is finer being cut off;
//     for a day there is [Date];
//   - a type based on one of these, or one that has MarshalText or String;
//   - a pointer to one of these.
//
// A nil value is an error: [IsEmpty] asks for what has no value.
//
// Listings that are not of records have filters of their own: see
// [Client.Lists], [Client.WorkspaceLists], [Client.Workflows],
// [Client.Recipients] and [Records.Deleted].
func Where(field string, op Operator, values ...any) QueryOption {
	values = slices.Clone(values)
	return func(q *query) {
		q.conditions = append(q.conditions, condition{field, op, values})
	}
}

// OrderBy sorts by a field. The API sorts by one field only: another OrderBy is
// an error. Without it the order is the API's.
func OrderBy(field string, d Direction) QueryOption {
	return func(q *query) {
		switch {
		case field == "":
			q.fail("OrderBy: the field is empty")
		case d != Ascending && d != Descending:
			q.fail("OrderBy %q: the direction is %q; it is Ascending or Descending", field, string(d))
		case q.sort != nil && *q.sort != sorting{field, d}:
			q.fail("OrderBy %q: the API sorts by one field, and OrderBy %q is given too", field, q.sort.field)
		default:
			q.sort = &sorting{field, d}
		}
	}
}

// Include has related records come along. The names are those of the relationships'
// properties in the schema: company_id, deals, people, tasks. The API responds with
// 400 to any other name (docs/live-api.md, R2), such as company. The records are in
// [Page.Included] and, from [Records.Get], in [Record.Included].
func Include(names ...string) QueryOption {
	names = slices.Clone(names)
	return func(q *query) {
		for _, name := range names {
			switch {
			case name == "":
				q.fail("Include: a name is empty")
			case strings.Contains(name, ","):
				q.fail("Include %q: a name cannot hold a comma; pass several names instead", name)
			case !slices.Contains(q.include, name):
				q.include = append(q.include, name)
			}
		}
	}
}

// PageSize sets how many entries a page has, from 1 to 500. Without it a page has
// 500, the most that the API responds. Of two, the last one counts.
func PageSize(n int) QueryOption {
	return func(q *query) {
		if n < 1 || n > maxPageSize {
			q.fail("PageSize(%d): a page has 1 to %d entries", n, maxPageSize)
		}
		q.pageSize = &n
	}
}

// Limit ends the iteration after n entries, and reads no more than they take. 0
// is none at all: nothing is sent. Of two, the last one counts.
func Limit(n int) QueryOption {
	return func(q *query) {
		if n < 0 {
			q.fail("Limit(%d): it takes 0 or more", n)
		}
		q.limit = &n
	}
}

// Offset leaves out the first n entries. Of two, the last one counts.
func Offset(n int) QueryOption {
	return func(q *query) {
		if n < 0 {
			q.fail("Offset(%d): it takes 0 or more", n)
		}
		q.offset = &n
	}
}

// Concurrency has up to n requests under way at once where there are several to
// make, from 1 to 1,000. Unless this says otherwise it is 1 where something is read,
// and 4 where it is written in bulk. Of two, the last one counts.
// The requests wait for the rate limit together, so that more of them do not exceed
// it. As that is 50 requests a second, 16 at once are enough for a long run if an
// response takes no longer than 300 milliseconds.
//
// Where pages are read, which is whatever takes [PageSize], it has them fetched
// ahead of the loop that uses them. They come in the same order as without it. At
// most 2n pages are held beside the one in use, which are given back as the loop
// goes on; leaving the loop cancels what is under way. It takes effect where the API
// addresses the next page by its position, as it does for records. If it does not
// say how many there are, up to 2n pages after the last one are asked for in vain;
// with [Stable] nothing is fetched ahead then.
func Concurrency(n int) QueryOption {
	return func(q *query) {
		if n < 1 || n > mostConcurrency {
			q.fail("Concurrency(%d): it takes 1 to %d", n, mostConcurrency)
		}
		q.concurrency = n
	}
}

// Stable reads records in the order of their creation, in such a way that every
// record which is there from the beginning to the end of the iteration comes out
// exactly once, whatever is added, changed or deleted meanwhile, and no record
// twice. Without it pages are cut by position, and a deletion has a record slip
// from a page that is yet to come into one that has been read.
//
// What is added meanwhile comes out as well, unless the iteration is past the moment
// of its creation: one that is restored has its old one. What is deleted may or may
// not come out, and so may a record that a change makes meet a [Where], or no longer.
//
// Each page begins where the last one ended by a condition on _created_at, and
// not at a position. As the API sorts by one field only, records that were created
// in the same millisecond come in any order, except that where they are more than
// a page has, they come in the order of their ids. Pages may have fewer records
// than [PageSize], and what [Page.Meta] says is of the records from the beginning
// of the page on.
//
// It has the order that it needs: with an [OrderBy] it is an error, as with an
// [Offset]. With [Concurrency] the pages after the next one are fetched from where
// they are expected; those that turn out to begin elsewhere are fetched again.
//
// It is for [Records.All], [Records.Pages], [Records.InList] and
// [Records.InListPages]. A response that is not in the order which was asked for
// is an error.
func Stable() QueryOption {
	return func(q *query) { q.stable = true }
}

// Search looks for words: in lists by [Client.Lists] and [Client.WorkspaceLists],
// and in recipients by [Client.Recipients]. Records have no full text search.
func Search(words string) QueryOption {
	return func(q *query) {
		if words == "" {
			q.fail("Search: there are no words to search for")
		}
		q.search = words
	}
}

const (
	maxPageSize = 500
	// mostConcurrency is a connection each, and a third of a minute's requests.
	mostConcurrency = 1000
)

// query is what options ask for.
type query struct {
	conditions              []condition
	sort                    *sorting
	include                 []string
	search                  string
	pageSize, limit, offset *int
	concurrency             int // 0 if it is not said
	stable                  bool
	err                     error // the first one
}

type condition struct {
	field  string
	op     Operator
	values []any
}

type sorting struct {
	field     string
	direction Direction
}

func (q *query) fail(format string, args ...any) {
	if q.err == nil {
		q.err = fmt.Errorf("clarify: "+format, args...)
	}
}

// listing is what an operation that lists has in the way of options.
type listing struct {
	operation string
	filter    filtering
	choices   []choice // for filterChoices
	sort      bool
	include   bool
	search    []string // the keys of the parameter, none if there is none
	stable    bool
	paging    paging
}

type filtering int

const (
	filterNone      filtering = iota
	filterRecords             // any field, by an operator
	filterDeletions           // _deleted_at, by an operator and in seconds
	filterChoices             // some fields, by their values
)

// choice is a field that is filtered by its value alone.
type choice struct {
	field string
	many  bool // whether it takes several values
}

type paging int

const (
	pagingAlways   paging = iota
	pagingOnDemand        // without a page, all entries come at once
	pagingNone            // the operation takes no page
)

// readQuery puts options together and checks them against what the operation
// has. It returns the parameters but those for the page.
func (l *listing) readQuery(opts []QueryOption) (*query, parameters, error) {
	q := &query{}
	for _, opt := range opts {
		if opt == nil {
			return nil, nil, errNilOption
		}
		opt(q)
	}
	if q.err != nil {
		return nil, nil, q.err
	}
	var params parameters
	var err error
	switch {
	case q.sort != nil && !l.sort:
		err = l.lacks("OrderBy")
	case q.include != nil && !l.include:
		err = l.lacks("Include")
	case q.stable && !l.stable:
		err = l.lacks("Stable")
	case q.stable && q.sort != nil:
		err = fmt.Errorf("clarify: Stable reads in the order of creation, and OrderBy %q is given too: leave one of them out", q.sort.field)
	case q.stable && q.offset != nil:
		err = errors.New("clarify: Stable does not go by positions, and Offset is one: leave one of them out; a Where on _created_at begins later")
	case q.search != "" && l.search == nil:
		err = l.lacks("Search")
	case q.pageSize != nil && l.paging == pagingNone:
		err = l.lacks("PageSize")
	case q.offset != nil && l.paging == pagingNone:
		err = l.lacks("Offset")
	case q.concurrency != 0 && l.paging == pagingNone:
		err = l.lacks("Concurrency")
	default:
		params, err = l.conditions(q.conditions)
	}
	if err != nil {
		return nil, nil, err
	}
	if q.search != "" {
		params.add(q.search, l.search[0], l.search[1:]...)
	}
	if q.sort != nil {
		params.add(q.sort.field, "sortOrder", "column")
		params.add(string(q.sort.direction), "sortOrder", "dir")
	}
	params.addInclude(q.include)
	return q, params, nil
}

func (l *listing) lacks(option string) error {
	return fmt.Errorf("clarify: %s does not take %s", l.operation, option)
}

func (l *listing) conditions(conditions []condition) (parameters, error) {
	var params parameters
	type key struct {
		field string
		op    Operator
	}
	seen := map[key][]string{}
	for _, c := range conditions {
		if l.filter == filterNone {
			return nil, l.lacks("Where")
		}
		values, err := l.values(c)
		if err != nil {
			return nil, err
		}
		k := key{c.field, c.op}
		if l.filter == filterChoices {
			k.op = ""
		}
		if before, twice := seen[k]; twice {
			if slices.Equal(before, values) {
				continue
			}
			return nil, c.wrong("the API takes this once for each field, and it is given with %q and with %q", before, values)
		}
		seen[k] = values
		if l.filter == filterChoices {
			err = l.addChoice(&params, c, values)
		} else {
			params.add(strings.Join(values, ","), "filter", c.field, string(c.op))
		}
		if err != nil {
			return nil, err
		}
	}
	return params, nil
}

// addChoice adds a condition of an operation that knows no operators.
func (l *listing) addChoice(params *parameters, c condition, values []string) error {
	i := slices.IndexFunc(l.choices, func(known choice) bool { return known.field == c.field })
	switch {
	case i < 0:
		var names []string
		for _, known := range l.choices {
			names = append(names, known.field)
		}
		return c.wrong("%s filters by %s", l.operation, strings.Join(names, ", "))
	case l.choices[i].many && (c.op == Is || c.op == OneOf):
		for n, value := range values {
			params.add(value, "filter", c.field, strconv.Itoa(n))
		}
	case l.choices[i].many:
		return c.wrong("%s takes Is and OneOf here", l.operation)
	case c.op == Is:
		params.add(values[0], "filter", c.field)
	default:
		return c.wrong("%s takes Is here", l.operation)
	}
	return nil
}

func (c condition) wrong(format string, args ...any) error {
	return fmt.Errorf("clarify: Where %q %s: "+format, slices.Concat([]any{c.field, c.op}, args)...)
}

// values checks a condition and returns its values as they are sent.
func (l *listing) values(c condition) ([]string, error) {
	switch {
	case !slices.Contains(operators, c.op):
		names := make([]string, len(operators))
		for i, op := range operators {
			names[i] = strconv.Quote(string(op))
		}
		return nil, fmt.Errorf("clarify: Where %q: %q is not an operator; there are %s", c.field, string(c.op), strings.Join(names, ", "))
	case c.field == "":
		return nil, fmt.Errorf("clarify: Where %s: the field is empty", c.op)
	case strings.ContainsAny(c.field, "[]"):
		return nil, c.wrong("a field with brackets cannot be expressed in the API's query syntax")
	case l.filter == filterDeletions && c.field != "_deleted_at":
		return nil, c.wrong("%s filters by _deleted_at", l.operation)
	}
	values := c.values
	if c.op.takesMany() {
		values = flattened(values)
	}
	switch n := len(values); {
	case c.op.takesNone() && n > 0:
		return nil, c.wrong("it takes no value and got %d", n)
	case c.op.takesMany() && n == 0:
		return nil, c.wrong("it takes one or more values and got none")
	case !c.op.takesNone() && !c.op.takesMany() && n != 1:
		return nil, c.wrong("it takes one value and got %d", n)
	}
	list := make([]string, len(values))
	for i, value := range values {
		text, err := formatValue(value, l.filter == filterDeletions)
		if err != nil {
			return nil, c.wrong("%w", err)
		}
		if c.op.takesMany() && l.filter != filterChoices && strings.Contains(text, ",") {
			return nil, c.wrong("the value %q holds a comma, which separates the values here, so it cannot be expressed", text)
		}
		list[i] = text
	}
	return list, nil
}

// flattened replaces slices by what they hold: a []string cannot be passed as
// the values of a ...any.
func flattened(values []any) []any {
	var flat []any
	for _, value := range values {
		v := reflect.ValueOf(value)
		if !isList(v) {
			flat = append(flat, value)
			continue
		}
		for i := range v.Len() {
			flat = append(flat, v.Index(i).Interface())
		}
	}
	return flat
}

func isList(v reflect.Value) bool {
	if !v.IsValid() || v.Kind() != reflect.Slice && v.Kind() != reflect.Array || v.Type().Elem().Kind() == reflect.Uint8 {
		return false
	}
	switch v.Interface().(type) {
	case encoding.TextMarshaler, fmt.Stringer:
		return false
	}
	return true
}

// formatValue returns a value as the API writes it. With seconds, moments are
// counted in seconds since 1970.
func formatValue(value any, seconds bool) (string, error) {
	switch v := value.(type) {
	case nil:
		return "", errors.New("the value is nil; to ask for what has no value, use IsEmpty")
	case string:
		return v, nil
	case time.Time:
		if seconds {
			return strconv.FormatInt(v.Unix(), 10), nil
		}
		t := v.UTC()
		if t.Year() < 0 || t.Year() > 9999 {
			return "", fmt.Errorf("the year %d cannot be written in RFC 3339", t.Year())
		}
		return t.Format(timestamp), nil
	case Date:
		if seconds {
			return "", errors.New("a day is not a point in time; pass a time.Time")
		}
		return marshalText(v)
	case json.Number:
		return plainNumber(string(v))
	}

	rv := reflect.ValueOf(value)
	if rv.Kind() == reflect.Pointer {
		if rv.IsNil() {
			return "", errors.New("the value is a nil pointer; to ask for what has no value, use IsEmpty")
		}
		if text, err := formatValue(rv.Elem().Interface(), seconds); err == nil {
			return text, nil
		}
	}
	switch v := value.(type) {
	case encoding.TextMarshaler:
		return marshalText(v)
	case fmt.Stringer:
		return v.String(), nil
	}
	switch rv.Kind() {
	case reflect.String:
		return rv.String(), nil
	case reflect.Bool:
		return strconv.FormatBool(rv.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(rv.Int(), 10), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return strconv.FormatUint(rv.Uint(), 10), nil
	case reflect.Float32, reflect.Float64:
		f := rv.Float()
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return "", fmt.Errorf("%v is not a number that can be sent", f)
		}
		return strconv.FormatFloat(f, 'f', -1, rv.Type().Bits()), nil
	case reflect.Slice, reflect.Array:
		return "", fmt.Errorf("a value of type %T is a list; only OneOf and NotOneOf take one", value)
	}
	return "", fmt.Errorf("a value of type %T cannot be sent; pass a string, number, bool, time.Time or Date", value)
}

func marshalText(v encoding.TextMarshaler) (string, error) {
	b, err := v.MarshalText()
	return string(b), err
}

// plainNumber writes a JSON number without exponent and keeps its digits.
func plainNumber(number string) (string, error) {
	if !json.Valid([]byte(number)) || !strings.ContainsAny(number[:1], "-0123456789") {
		return "", fmt.Errorf("%q is not a number", number)
	}
	mantissa, exponent, found := strings.Cut(strings.ToLower(number), "e")
	if !found {
		return number, nil
	}
	// The API's numbers have 16 digits. What is far beyond is a mistake.
	shift, err := strconv.Atoi(exponent)
	if err != nil || shift < -100 || shift > 100 {
		return "", fmt.Errorf("the exponent of %q is too large", number)
	}
	digits, sign := strings.TrimPrefix(mantissa, "-"), ""
	if digits != mantissa {
		sign = "-"
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	for ; shift > 0; shift-- {
		if fraction == "" {
			fraction = "0"
		}
		whole, fraction = whole+fraction[:1], fraction[1:]
	}
	for ; shift < 0; shift++ {
		if whole == "" {
			whole = "0"
		}
		whole, fraction = whole[:len(whole)-1], whole[len(whole)-1:]+fraction
	}
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		whole = "0"
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	return sign + whole + fraction, nil
}

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
