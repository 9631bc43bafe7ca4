package postgres_test

import (
	"context"
	"fmt"
	"log"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/mirror"
	"github.com/clarify-go/clarify/mirror/postgres"
)

// A run keeps the schema clarify of a database equal to a workspace.
func ExampleOpen() {
	ctx := context.Background()
	client, err := clarify.New("acme", authn.APIKeyFromEnv())
	if err != nil {
		log.Fatal(err)
	}
	store, err := postgres.Open(ctx, "postgres://mirror@localhost/warehouse")
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	if _, err := mirror.Run(ctx, client, store); err != nil {
		log.Print(err)
	}
}

// Anything in PostgreSQL can be asked, also together with tables that are not of the
// mirror.
func ExampleStore_Query() {
	ctx := context.Background()
	store, err := postgres.Open(ctx, "postgres://reader@localhost/warehouse", postgres.WithSchema("crm"))
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	columns, rows, err := store.Query(ctx, `SELECT stage, count(*), sum(amount) FROM deal GROUP BY stage ORDER BY 3 DESC`)
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Println(columns)
	for row, err := range rows {
		if err != nil {
			log.Print(err)
			return
		}
		fmt.Println(row...)
	}
}
