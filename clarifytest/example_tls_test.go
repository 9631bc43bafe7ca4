package clarifytest_test

import (
	"context"
	"fmt"
	"log"
	"net/url"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/gen"
)

// The API is reached by https, and its links begin with http:// all the same: a
// client follows them over https.
func ExampleWithTLS() {
	srv := clarifytest.NewServer(clarifytest.WithTLS())
	defer srv.Close()
	srv.Seed(nil, 10)
	client, err := gen.NewClientWithResponses(srv.URL, gen.WithHTTPClient(srv.HTTPClient()), gen.WithRequestEditorFn(authn.APIKey(srv.APIKey)))
	if err != nil {
		log.Fatal(err)
	}
	limit := 1
	people, err := client.GetResourcesWithResponse(context.Background(), "person", &gen.GetResourcesParams{Page: &gen.RecordsPageQuery{Limit: &limit}})
	if err != nil {
		log.Fatal(err)
	}
	for _, address := range []string{srv.URL, people.JSON200.Links.Next.MustGet()} {
		u, err := url.Parse(address)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(u.Scheme)
	}
	// Output:
	// https
	// http
}
