package tokentest_test

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"testing"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/authn/tokenfile"
	"github.com/clarify-go/clarify/internal/tokentest"
)

func TestTheTokenFile(t *testing.T) {
	for _, c := range tokentest.Cases() {
		t.Run(c.Name, func(t *testing.T) {
			dir := t.TempDir()
			c.Run(t, func(t *testing.T, user string) authn.TokenLocker {
				sum := sha256.Sum256([]byte(user))
				store, err := tokenfile.New(filepath.Join(dir, hex.EncodeToString(sum[:])))
				if err != nil {
					t.Fatal(err)
				}
				return store
			})
		})
	}
}
