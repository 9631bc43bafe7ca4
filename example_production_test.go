package clarify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log"
	"net/url"
	"os"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
)

func ExampleWithCallTimeout() {
	client, end := connectToSandbox()
	defer end()

	ctx := clarify.WithCallTimeout(context.Background(), 5*time.Second)
	ctx = clarify.WithHeader(ctx, "X-Trace", "8f14e45f")
	ctx = clarify.WithoutRetries(ctx)
	res, err := client.GetSchemasWithResponse(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(res.StatusCode())
	// Output: 200
}

func ExampleClient_Do() {
	client, end := connectToSandbox()
	defer end()

	var page struct {
		Meta struct {
			Total json.Number `json:"total_records"`
		} `json:"meta"`
	}
	query := url.Values{"page[limit]": {"1"}}
	if err := client.Do(context.Background(), "GET", "objects/person/resources", query, nil, &page); err != nil {
		log.Fatal(err)
	}
	fmt.Println(page.Meta.Total != "")
	// Output: true
}

func ExampleWithObserver() {
	calls := map[string]int{}
	observer := clarify.Observer{
		RequestFinished: func(_ context.Context, e clarify.RequestFinished) {
			calls[fmt.Sprint(e.Operation, " ", e.Status)]++
			if e.OutcomeUnknown {
				log.Printf("look at the result of %s", e.Operation)
			}
		},
		Throttled: func(_ context.Context, e clarify.Throttled) {
			log.Printf("%s waits %v for the rate limit", e.Operation, e.Delay)
		},
	}
	client, end := connectToSandbox(clarify.WithObserver(observer))
	defer end()

	if _, err := client.GetSchemasWithResponse(context.Background()); err != nil {
		log.Fatal(err)
	}
	fmt.Println(calls["getSchemas 200"])
	// Output: 1
}

func ExampleWithDump() {
	client, err := clarify.New("acme", authn.APIKeyFromEnv(), clarify.WithDump(os.Stderr))
	if err != nil {
		log.Fatal(err)
	}
	_, _ = client.GetSchemasWithResponse(context.Background())
}

// greetings is code that reads people, wherever they come from.
func greetings(ctx context.Context, people clarify.RecordReader[clarify.Person]) ([]string, error) {
	var all []string
	for person, err := range people.All(ctx) {
		if err != nil {
			return nil, err
		}
		all = append(all, "Dear "+person.Attributes.Name.FullName)
	}
	return all, nil
}

// fakePeople has people for a test. It fails after them if it has an error.
type fakePeople struct {
	clarify.RecordReader[clarify.Person] // so that only what is used needs a method
	names                                []string
	err                                  error
}

func (f fakePeople) All(context.Context, ...clarify.QueryOption) iter.Seq2[clarify.Record[clarify.Person], error] {
	return func(yield func(clarify.Record[clarify.Person], error) bool) {
		for _, name := range f.names {
			person := clarify.Person{Name: clarify.Name{FullName: name}}
			if !yield(clarify.Record[clarify.Person]{Attributes: person}, nil) {
				return
			}
		}
		if f.err != nil {
			yield(clarify.Record[clarify.Person]{}, f.err)
		}
	}
}

func ExampleRecordReader() {
	fmt.Println(greetings(context.Background(), fakePeople{names: []string{"Ada", "Grace"}}))
	fmt.Println(greetings(context.Background(), fakePeople{err: errors.New("no network")}))
	// Output:
	// [Dear Ada Dear Grace] <nil>
	// [] no network
}
