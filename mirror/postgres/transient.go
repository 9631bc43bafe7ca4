package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Transient implements [mirror.Store]: connections that are lost or cannot be made, a
// server that starts or stops or has no room, a deadlock, a lost lock.
func (s *Store) Transient(err error) bool {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	// Also a connection that the server rejects has an error of both types, and then
	// the reason decides.
	if failure := (*pgconn.PgError)(nil); errors.As(err, &failure) {
		switch failure.Code {
		case "40001", "40P01", "55P03", "57P01", "57P02", "57P03", "57P05":
			return true
		}
		return strings.HasPrefix(failure.Code, "08") || strings.HasPrefix(failure.Code, "53")
	}
	var connecting *pgconn.ConnectError
	var network net.Error
	return errors.Is(err, errLost) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.As(err, &connecting) || errors.As(err, &network) || pgconn.SafeToRetry(err)
}
