package clarifypostgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

const (
	selectSealed = `SELECT workspace, user_id, token FROM {schema}.grants WHERE (workspace, user_id) > ($1, $2)
		ORDER BY workspace, user_id LIMIT $3`
	// A token that was saved since is encrypted with the first key.
	updateSealed = `UPDATE {schema}.grants SET token = $3 WHERE workspace = $1 AND user_id = $2 AND token = $4`
)

// Rotate encrypts all tokens with the first key that are encrypted with another one, and
// returns how many that were. After it has returned nil, the other keys are not needed,
// if all processes have the first one. It can be interrupted and called again, while
// tokens are in use. The error matches [ErrKey] if a token cannot be decrypted; the
// others are done nevertheless.
func (g *Grants) Rotate(ctx context.Context) (n int, err error) {
	type row struct {
		Workspace, User string
		Token           []byte
	}
	var last row
	var damaged error
	for {
		rows, err := g.table.pool.Query(ctx, expand(selectSealed, g.table.o), last.Workspace, last.User, page)
		if err != nil {
			return n, databaseError(err)
		}
		found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
		if err != nil {
			return n, databaseError(err)
		}
		for _, last = range found {
			if g.table.box.Current(last.Token) {
				continue
			}
			u := user{last.Workspace, last.User}
			value, err := g.table.box.Open(last.Token, u.place())
			if err != nil {
				damaged = fmt.Errorf("clarify: cannot decrypt the token of %q in %q: %w", u.id, u.workspace, err)
				continue
			}
			tag, err := g.table.pool.Exec(ctx, expand(updateSealed, g.table.o), u.workspace, u.id, g.table.box.Seal(value, u.place()), last.Token)
			if err != nil {
				return n, databaseError(err)
			}
			n += int(tag.RowsAffected())
		}
		if len(found) < page {
			return n, damaged
		}
	}
}
