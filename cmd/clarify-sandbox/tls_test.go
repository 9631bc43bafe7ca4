package main

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTLS(t *testing.T) {
	file := filepath.Join(t.TempDir(), "it's a certificate.pem")
	s := start(t, "-tls", file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		t.Fatalf("this is no certificate: %s", text)
	}
	s.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	s.curl(200, s.root+"/v1/workspaces/acme/users", "Authorization: api-key "+s.key)
	for _, label := range []string{"base URL", "authorize URL", "token URL", "storage URL"} {
		if address := s.printed(label); !strings.HasPrefix(address, "https://") {
			t.Errorf("the %s is %s", label, address)
		}
	}
	quoted := strings.ReplaceAll(file, "'", `'\''`)
	for _, line := range []string{"certificate:   " + file, "export SSL_CERT_FILE='" + quoted + "'", "export NODE_EXTRA_CA_CERTS='" + quoted + "'"} {
		if !strings.Contains(s.stdout, "\n"+line+"\n") {
			t.Errorf("it does not print %s: %s", line, s.stdout)
		}
	}
	if n := strings.Count(s.stdout, "\ncurl --cacert '"+quoted+"' -"); n != 3 {
		t.Errorf("%d commands trust the certificate: %s", n, s.stdout)
	}
	page := s.curl(200, s.root+"/v1/workspaces/acme/objects/person/resources?page[offset]=1", "Authorization: api-key "+s.key)
	if prev, _ := page["links"].(map[string]any)["prev"].(string); !strings.HasPrefix(prev, "http://") {
		t.Errorf("the link is %s", prev)
	}
	if plain := start(t).stdout; strings.Contains(plain, "cert") {
		t.Errorf("without TLS it prints %s", plain)
	}
}
