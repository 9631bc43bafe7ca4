package mirror_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/mirror"
	"github.com/clarify-go/clarify/mirror/sqlite"
)

func ExampleRun() {
	client, path := aWorkspace()
	ctx := context.Background()

	store, err := sqlite.Open(ctx, path)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()
	summary, err := mirror.Run(ctx, client, store, mirror.WithHistory())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(summary.Objects["deal"].Written, "deals")

	columns, rows, err := store.Query(ctx, `SELECT stage, count(*), sum(amount) FROM deal GROUP BY stage ORDER BY stage`)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(columns)
	for row, err := range rows {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(row)
	}
	// Output:
	// 3 deals
	// [stage count(*) sum(amount)]
	// [Lead 2 300]
	// [Won 1 50]
}

func ExampleFollow() {
	client, path := aWorkspace()
	ctx, cancel := context.WithCancel(context.Background())
	store, err := sqlite.Open(ctx, path)
	if err != nil {
		log.Fatal(err)
	}
	defer store.Close()

	err = mirror.Follow(ctx, client, store, time.Minute, func(summary mirror.Summary, err error) {
		if err != nil {
			log.Print(err) // an error that may pass
			return
		}
		fmt.Println(summary.Total().Written, "records were written")
		cancel() // a program would go on
	})
	fmt.Println(err)
	// Output:
	// 3 records were written
	// context canceled
}

// aWorkspace returns a client of a sandbox, and where to keep a mirror of it.
func aWorkspace() (*clarify.Client, string) {
	sandbox := clarifytest.NewServer()
	client, err := clarify.New(sandbox.Workspace, authn.APIKey(sandbox.APIKey), clarify.WithBaseURL(sandbox.BaseURL))
	if err != nil {
		log.Fatal(err)
	}
	for _, deal := range []clarify.Deal{{Name: "A", Stage: "Lead", Amount: "100"}, {Name: "B", Stage: "Lead", Amount: "200"}, {Name: "C", Stage: "Won", Amount: "50"}} {
		if _, err := clarify.Deals(client).Create(context.Background(), deal); err != nil {
			log.Fatal(err)
		}
	}
	dir, err := os.MkdirTemp("", "mirror")
	if err != nil {
		log.Fatal(err)
	}
	return client, filepath.Join(dir, "mirror.sqlite")
}
