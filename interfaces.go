package clarify

import (
	"context"
	"iter"
)

// RecordReader reads records. [*Records] is one. It is for code that reads and that
// tests give a fake; a fake that embeds the interface need not have all methods.
type RecordReader[T any] interface {
	Get(ctx context.Context, id string, opts ...QueryOption) (*Record[T], error)
	All(ctx context.Context, opts ...QueryOption) iter.Seq2[Record[T], error]
}

// RecordWriter writes records one by one. [*Records] is one. It is for code that
// writes and that tests give a fake.
type RecordWriter[T any] interface {
	Create(ctx context.Context, attributes T, opts ...WriteOption) (*Record[T], error)
	Update(ctx context.Context, id string, changes any, opts ...WriteOption) (*Record[T], error)
	Delete(ctx context.Context, ids ...string) error
}

var (
	_ RecordReader[Fields] = (*Records[Fields])(nil)
	_ RecordWriter[Fields] = (*Records[Fields])(nil)
)
