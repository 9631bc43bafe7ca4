package clarifytest_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

// What a program does if the response to a write is lost: it has to find out
// whether the write happened.
func ExampleServer_Inject() {
	srv := clarifytest.NewServer()
	defer srv.Close()
	srv.Inject(clarifytest.ResetAfterWork(), clarifytest.Operation("createRecord"), clarifytest.Times(1))

	create := func() {
		body := strings.NewReader(`{"data": {"type": "deal", "attributes": {"name": "Renewal"}}}`)
		response, err := srv.Client().Post(srv.URL+"/objects/deal/records", "application/json", body)
		if err != nil {
			fmt.Println("no response")
			return
		}
		response.Body.Close()
		fmt.Println(response.Status)
	}
	create()
	create()

	deals, err := srv.API().GetResourcesWithResponse(context.Background(), "deal", nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(deals.JSON200.Data), "deal")
	for _, request := range srv.Requests() {
		fmt.Printf("%s: status %d, fault %q, done %t\n", request.Operation, request.Status, request.Fault, request.Done)
	}
	// Output:
	// no response
	// 400 Bad Request
	// 1 deal
	// createRecord: status 0, fault "reset after work", done true
	// createRecord: status 400, fault "", done false
	// getResources: status 200, fault "", done true
}

// A tenth of all requests fails, about half of those although it was carried out.
func ExampleProbability() {
	srv := clarifytest.NewServer()
	defer srv.Close()
	srv.Inject(clarifytest.Status(http.StatusServiceUnavailable), clarifytest.Probability(0.05, 5))
	srv.Inject(clarifytest.HTML(http.StatusGatewayTimeout).AfterWork(), clarifytest.Probability(0.05, 6))

	count := map[int]int{}
	for range 200 {
		response, err := srv.Client().Get(srv.URL + "/objects/person/resources")
		if err != nil {
			log.Fatal(err)
		}
		response.Body.Close()
		count[response.StatusCode]++
	}
	fmt.Println(count)
	// Output: map[200:186 503:10 504:4]
}

func ExampleRateLimited() {
	srv := clarifytest.NewServer()
	defer srv.Close()
	limited := srv.Inject(clarifytest.RateLimited(2*time.Second), clarifytest.Method(http.MethodGet))
	list := func() {
		response, err := srv.Client().Get(srv.URL + "/objects/person/resources")
		if err != nil {
			log.Fatal(err)
		}
		response.Body.Close()
		fmt.Printf("%s; Retry-After: %q\n", response.Status, response.Header.Get("Retry-After"))
	}
	list()
	limited.Remove()
	list()
	// Output:
	// 429 Too Many Requests; Retry-After: "2"
	// 200 OK; Retry-After: ""
}
