package clarify

import (
	"cmp"
	"context"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"sync"

	"github.com/clarify-go/clarify/internal/inflight"
)

// maxLookups is how many requests PeopleByEmail has in flight.
const maxLookups = 8

// PeopleByEmail returns the people with each of the email addresses, oldest first.
// Several people can have the same address (docs/live-api.md, D4). The result has a key
// for each address as it was passed; its value is nil if nobody has the address.
//
// Whole addresses are compared, ignoring case: ada@acme.com does not match
// granada@acme.com. Each address takes a request, up to eight of which are in flight.
// If one fails, the call ends with its error and no result.
//
// An invalid email address is an error, and nothing is sent. Without addresses the
// result is empty.
func (c *Client) PeopleByEmail(ctx context.Context, emails ...string) (map[string][]Record[Person], error) {
	if err := checkEmails(emails); err != nil {
		return nil, err
	}
	found := make(map[string][]Record[Person], len(emails))
	var keys []string // each once
	for _, email := range emails {
		if key := foldEmail(email); !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	people := make([][]Record[Person], len(keys))
	err := concurrently(ctx, len(keys), maxLookups, func(ctx context.Context, i int) (err error) {
		people[i], err = c.peopleWith(ctx, keys[i])
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, email := range emails {
		found[email] = people[slices.Index(keys, foldEmail(email))]
	}
	return found, nil
}

func (c *Client) peopleWith(ctx context.Context, email string) ([]Record[Person], error) {
	var found []Record[Person]
	for person, err := range People(c).All(ctx, Where("email_addresses", Contains, email)) {
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(person.Attributes.EmailAddresses, func(has string) bool { return sameEmail(has, email) }) {
			found = append(found, person)
		}
	}
	slices.SortFunc(found, func(a, b Record[Person]) int {
		return cmp.Or(a.Attributes.CreatedAt.Compare(b.Attributes.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return found, nil
}

func foldEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

func sameEmail(a, b string) bool { return foldEmail(a) == foldEmail(b) }

// checkEmails returns an error unless all are email addresses.
func checkEmails(emails []string) error {
	for _, email := range emails {
		trimmed := strings.TrimSpace(email)
		parsed, err := mail.ParseAddress(trimmed)
		if err != nil || parsed.Address != trimmed {
			return fmt.Errorf("clarify: invalid email address %q: must be like ada@acme.com", email)
		}
	}
	return nil
}

// concurrently calls do for 0 to n-1, with up to limit calls in flight. The first error
// cancels the others, and is returned once all have ended. If do panics, so does
// concurrently.
func concurrently(ctx context.Context, n, limit int, do func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var group sync.WaitGroup
	var first sync.Once
	var failed error
	var panicked any
	slots := make(chan struct{}, limit)
	for i := range n {
		if slots <- struct{}{}; ctx.Err() != nil {
			break
		}
		group.Go(func() {
			err := inflight.ErrExited
			defer func() {
				if r := recover(); r != nil || err != nil {
					first.Do(func() { failed, panicked = err, r })
					cancel()
				}
				<-slots
			}()
			err = do(ctx, i)
		})
	}
	group.Wait()
	switch {
	case panicked != nil:
		panic(panicked)
	case failed != nil:
		return failed
	}
	return ctx.Err()
}
