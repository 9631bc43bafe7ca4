package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/clarify-go/clarify/mirror"
)

// dependents is a query for what depends on columns of a table, or is part of it, and
// was made by others, except for indexes. PostgreSQL would drop some of that with the
// column, such as constraints, and name the rest only in an error. The parameters are
// the table, the columns, and whether they are all that the mirror has.
const dependents = `
SELECT DISTINCT CASE
	WHEN d.classid = 'pg_catalog.pg_rewrite'::regclass THEN (SELECT pg_catalog.pg_describe_object('pg_catalog.pg_class'::regclass, ev_class, 0) FROM pg_catalog.pg_rewrite r WHERE r.oid = d.objid)
	ELSE pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) END
FROM pg_catalog.pg_depend d
WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = $1::regclass AND d.deptype IN ('n', 'a')
	AND (d.refobjsubid IN (SELECT attnum FROM pg_catalog.pg_attribute WHERE attrelid = $1::regclass AND attname = ANY ($2::text[]))
		OR $3::boolean AND d.refobjsubid = 0 AND d.classid <> 'pg_catalog.pg_publication_rel'::regclass)
	AND NOT (d.classid = 'pg_catalog.pg_class'::regclass AND EXISTS (SELECT FROM pg_catalog.pg_class i WHERE i.oid = d.objid AND i.relkind IN ('i', 'I')))
	AND NOT (d.classid = 'pg_catalog.pg_constraint'::regclass AND EXISTS (SELECT FROM pg_catalog.pg_constraint c WHERE c.oid = d.objid AND c.conrelid = $1::regclass AND c.contype IN ('p', 'n')))
UNION
SELECT pg_catalog.pg_describe_object('pg_catalog.pg_class'::regclass, attrelid, attnum)
FROM pg_catalog.pg_attribute
WHERE $3::boolean AND attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attname <> ALL ($2::text[])
ORDER BY 1`

// free returns an error if something of others depends on columns that have to go.
func (tx *transaction) free(ctx context.Context, t mirror.Table, gone []mirror.Column, all bool) error {
	if len(gone) == 0 {
		return nil
	}
	names := array(len(gone), func(i int) mirror.Value { return mirror.TextValue(column(gone[i])) })
	rows, err := ask(ctx, tx.conn, dependents, tx.store.name(t.Name), names, fmt.Sprint(all))
	if err != nil || len(rows) == 0 {
		return err
	}
	var list []string
	for _, row := range rows {
		list = append(list, string(row[0]))
	}
	what := "the columns that have to go"
	if all {
		what = "it"
	} else if len(gone) == 1 {
		what = fmt.Sprintf("the column %q, which has to go", gone[0].Name)
	}
	return fmt.Errorf("others have made what depends on %s, and must drop that first: %s", what, strings.Join(list, ", "))
}

// explain adds to an error what PostgreSQL says of dependent objects.
func explain(err error) error {
	var failure *pgconn.PgError
	if errors.As(err, &failure) && failure.Code == dependentObjects {
		return fmt.Errorf("%w: %s", err, failure.Detail)
	}
	return err
}
