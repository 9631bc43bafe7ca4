package clarify_test

import (
	"context"
	"fmt"
	"log"

	"github.com/clarify-go/clarify"
)

func ExampleClient_AddComment() {
	client, end := connectToSandbox()
	defer end()
	ctx := context.Background()

	for person, err := range clarify.People(client).All(ctx, clarify.Where("job_title", clarify.Is, "Admiral")) {
		if err != nil {
			log.Fatal(err)
		}
		about := clarify.Ref{Type: "person", ID: person.ID}
		comment, err := client.AddComment(ctx, about, clarify.Text("Called back."), clarify.Silent())
		if err != nil {
			log.Fatal(err)
		}
		comment, err = client.EditComment(ctx, comment.ID, clarify.Text("Called back twice."))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(person.Attributes.Name, "has the comment:", clarify.PlainText(comment.Message))
	}
	// Output:
	// Grace Hopper has the comment: Called back twice.
}
