package authn_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/clarify-go/clarify/authn"
)

func BenchmarkEditor(b *testing.B) {
	for _, k := range kinds() {
		b.Run(k.name, func(b *testing.B) { benchmark(b, k.editor(b, testKey)) })
	}
	b.Run("InsecureAllowPlaintextHTTP", func(b *testing.B) {
		benchmark(b, authn.InsecureAllowPlaintextHTTP(authn.APIKey(testKey), "sandbox.test"))
	})
}

func benchmark(b *testing.B, editor authn.RequestEditorFn) {
	req := request(b, httpsURL)
	req.Header = http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json"}}
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		if err := editor(ctx, req); err != nil {
			b.Fatal(err)
		}
	}
}
