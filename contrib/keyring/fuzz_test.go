package clarifykeyring_test

import (
	"errors"
	"testing"

	"github.com/clarify-go/clarify/authn"
	clarifykeyring "github.com/clarify-go/clarify/contrib/keyring"
	"github.com/zalando/go-keyring"
)

// Whatever the keyring has is a token that can be saved, or ErrDamaged.
func FuzzLoad(f *testing.F) {
	f.Add(`{"format":1,"token":{"access_token":"a","refresh_token":"r","expiry":"2030-01-02T03:04:05Z","expires_in":3600}}`)
	f.Add(`{"format":1,"half":"a","parts":2}`)
	f.Fuzz(func(t *testing.T, data string) {
		keyring.MockInit()
		if err := keyring.Set(service, "ada", data); err != nil {
			t.Fatal(err)
		}
		store, err := clarifykeyring.New(service, "ada", clarifykeyring.WithLockDir(t.TempDir()))
		if err != nil {
			t.Fatal(err)
		}
		got, err := store.Load(t.Context())
		if err != nil {
			if !errors.Is(err, clarifykeyring.ErrDamaged) && !errors.Is(err, authn.ErrNoToken) {
				t.Error(err)
			}
			return
		}
		save(t, store, got)
		wantStored(t, store, got)
	})
}
