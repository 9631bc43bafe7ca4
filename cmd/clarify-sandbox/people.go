package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/clarify-go/clarify/clarifytest"
)

const (
	maxPeople = 100_000

	// The API advises less, but limits requests and not records a minute.
	batch = 1000
)

var (
	firstNames = []string{"Ada", "Alan", "Barbara", "Charles", "Donald", "Edsger", "Frances", "Grace", "Hedy", "Ivan", "Joan", "Katherine", "Leslie", "Margaret", "Niklaus", "Radia"}
	lastNames  = []string{"Allen", "Babbage", "Clarke", "Dijkstra", "Hamilton", "Hopper", "Johnson", "Knuth", "Lamarr", "Lamport", "Liskov", "Lovelace", "Perlman", "Sutherland", "Turing", "Wirth"}
	jobTitles  = []string{"Analyst", "Engineer", "Founder", "Researcher"}
)

type person struct {
	Type       string         `json:"type"`
	Attributes map[string]any `json:"attributes"`
}

// addPeople creates n people, through the API as any client would.
func addPeople(ctx context.Context, srv *clarifytest.Server, n int) error {
	for from := 0; from < n; from += batch {
		var people []person
		for i := from; i < min(from+batch, n); i++ {
			people = append(people, newPerson(i))
		}
		if err := post(ctx, srv, "/objects/person/records/bulk", map[string]any{"data": people}); err != nil {
			return fmt.Errorf("adding people: %w", err)
		}
	}
	return nil
}

func newPerson(i int) person {
	first := firstNames[i%len(firstNames)]
	last := lastNames[(i+i/len(firstNames))%len(lastNames)]
	email := fmt.Sprintf("%s.%s.%d@people.example", strings.ToLower(first), strings.ToLower(last), i+1)
	return person{
		Type: "person",
		Attributes: map[string]any{
			"name":            map[string]any{"first_name": first, "last_name": last},
			"email_addresses": map[string]any{"items": []string{email}},
			"job_title":       jobTitles[i%len(jobTitles)],
		},
	}
}

func post(ctx context.Context, srv *clarifytest.Server, path string, body any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, srv.URL+path, bytes.NewReader(encoded))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "api-key "+srv.APIKey)
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<12))
		return fmt.Errorf("%s: %s", answer.Status, text)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}
