package backup_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/mirror/backup"
)

func Example() {
	ctx := context.Background()
	from, to := clarifytest.NewServer(), clarifytest.NewServer()
	defer from.Close()
	defer to.Close()
	connect := func(s *clarifytest.Server) *clarify.Client {
		client, err := clarify.New(s.Workspace, authn.APIKey(s.APIKey), clarify.WithBaseURL(s.BaseURL))
		if err != nil {
			log.Fatal(err)
		}
		return client
	}
	source, target := connect(from), connect(to)
	if _, err := clarify.Companies(source).Create(ctx, clarify.Company{Name: "Analytical Engines"}); err != nil {
		log.Fatal(err)
	}
	temp, err := os.MkdirTemp("", "backup")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(temp)
	dir := filepath.Join(temp, "backup")

	manifest, err := backup.Write(ctx, source, dir, backup.WithFiles())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("companies in the backup:", manifest.Files["records/company.ndjson"].Lines)

	// If it fails, call it again: it resumes.
	report, err := backup.Restore(ctx, target, dir)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("companies restored:", report.Restored["records/company"])
	for _, p := range report.Problems {
		if p.What == "fields" {
			fmt.Println(p.Object, p.Field, p.Reason)
		}
	}
	// Output:
	// companies in the backup: 1
	// companies restored: 1
	// company _* the system sets them
}
