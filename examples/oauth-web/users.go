package main

import (
	"crypto/rand"
	"sync"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"golang.org/x/oauth2"
)

// users has, for each user who is logged in, a store for the token and a client
// that acts for that user alone. An app with users of its own keeps the tokens by
// their ids, in its database; see authn.TokenStore. This one knows nobody, so each
// login makes a user, who is gone with the session. It is safe for concurrent
// use.
type users struct {
	config    *oauth2.Config
	workspace string
	options   []clarify.Option

	mu      sync.Mutex
	clients map[string]*clarify.Client
}

// add makes a user who has a token, or none if that is nil.
func (u *users) add(token *oauth2.Token) (id string, err error) {
	source := authn.NewTokenSource(u.config, authn.NewMemoryStore(token))
	client, err := clarify.New(u.workspace, authn.TokenSource(source), u.options...)
	if err != nil {
		return "", err
	}
	id = rand.Text()
	u.mu.Lock()
	defer u.mu.Unlock()
	u.clients[id] = client
	return id, nil
}

// client returns the client that acts for a user, or nil if there is no such
// user.
func (u *users) client(id string) *clarify.Client {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.clients[id]
}

// remove forgets a user, with the token.
func (u *users) remove(id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.clients, id)
}
