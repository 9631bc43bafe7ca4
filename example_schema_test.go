package clarify_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
)

func ExampleClient_Schema() {
	client, end := connectToSandbox()
	defer end()
	ctx := context.Background()

	schema, err := client.Schema(ctx)
	if err != nil {
		log.Fatal(err)
	}
	person, ok := schema.Object("person")
	if !ok {
		log.Fatal("there is no person")
	}
	for _, field := range person.Fields[:4] {
		fmt.Println(field.Name, field.Kind, field.Unique)
	}
	company, _ := person.Field("company_id")
	fmt.Println(company.Relationship.Kind, company.Relationship.Object)
	// Output:
	// name name false
	// email_addresses collection true
	// phone_numbers collection false
	// job_title text false
	// many-to-one company
}

// Documents that were saved say the same as those of the workspace.
func ExampleNewSchema() {
	saved, err := os.ReadFile("testdata/schemas/page1.json")
	if err != nil {
		log.Fatal(err)
	}
	var page gen.SchemaPage
	if err := json.Unmarshal(saved, &page); err != nil {
		log.Fatal(err)
	}
	schema := clarify.NewSchema(page.Data)

	task, _ := schema.Object("task")
	status, _ := task.Field("status")
	for _, option := range status.Options {
		fmt.Println(option.Value, option.Color)
	}
	// Output:
	// To Do neutral
	// In Progress sky
	// Done green
	// Canceled red
}

func ExampleFieldKind_Operators() {
	fmt.Println(clarify.KindSelect, clarify.KindSelect.Operators())
	// Output:
	// select [Is Is not One of Not one of Is empty Is not empty]
}
