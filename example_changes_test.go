package clarify_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/clarify-go/clarify"
)

func ExampleRecords_Changes() {
	client, end := connectToSandbox()
	defer end()
	ctx := context.Background()
	people := clarify.People(client)

	// In a program, both are in a database.
	copied := map[string]clarify.Person{}
	var cursor clarify.Cursor

	sync := func() error {
		for change, err := range people.Changes(ctx, cursor) {
			if err != nil {
				return err
			}
			switch change.Kind {
			case clarify.RecordWritten:
				copied[change.Record.ID] = change.Record.Attributes
			case clarify.RecordDeleted, clarify.RecordMerged:
				delete(copied, change.Record.ID)
			}
			// Only now: a program that is killed before applies the change again.
			cursor = change.Cursor
		}
		return nil
	}

	if err := sync(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(copied), "people")

	for id, person := range copied {
		if person.Name.LastName == "Hopper" {
			if err := people.Delete(ctx, id); err != nil {
				log.Fatal(err)
			}
		}
	}
	if err := sync(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(copied), "people")
	// Output:
	// 3 people
	// 2 people
}

func ExampleRecords_Follow() {
	client, end := connectToSandbox()
	defer end()
	ctx := context.Background()
	var cursor clarify.Cursor // as it was stored

	for change, err := range clarify.People(client).Follow(ctx, cursor, time.Minute) {
		if err != nil {
			log.Fatal(err)
		}
		if change.Kind == clarify.RecordWritten {
			fmt.Println(change.Record.Attributes.Name)
		}
		if change.Kind == clarify.CaughtUp {
			break // a program that runs on only stores the cursor
		}
	}
	// Output:
	// Ada Lovelace
	// Grace Hopper
	// Alan Turing
}
