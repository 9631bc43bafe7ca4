package store

// Order is how a collection is to be sorted: not at all if column is empty.
type Order struct {
	Column     string
	Descending bool
}
