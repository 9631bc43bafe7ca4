package clarify

// Direction is the direction that [OrderBy] sorts in.
type Direction string

// The directions.
const (
	Ascending  Direction = "ASC"
	Descending Direction = "DESC"
)

// OrderBy sorts by a field. The API sorts by one field only, so a second OrderBy is an
// error. Without OrderBy the API chooses the order.
func OrderBy(field string, d Direction) QueryOption {
	return func(q *query) {
		switch {
		case field == "":
			q.fail("OrderBy: the field is empty")
		case d != Ascending && d != Descending:
			q.fail("OrderBy %q: invalid direction %q: must be Ascending or Descending", field, string(d))
		case q.sort != nil && *q.sort != sorting{field, d}:
			q.fail("OrderBy %q: the API sorts by one field, and OrderBy %q is also given", field, q.sort.field)
		default:
			q.sort = &sorting{field, d}
		}
	}
}

type sorting struct {
	field     string
	direction Direction
}
