package clarifytest_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/gen"
)

// trusting is a client of one's own that trusts a server's certificate.
func trusting(srv *clarifytest.Server) *http.Client {
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
}

func TestAServerSpeaksTLSEverywhere(t *testing.T) {
	a := start(t, clarifytest.WithTLS())
	for _, address := range []string{a.srv.BaseURL, a.srv.URL, a.srv.StorageURL, a.srv.AuthorizeURL, a.srv.TokenURL, a.srv.AddWorkspace("b").URL} {
		if !strings.HasPrefix(address, "https://127.0.0.1:") {
			t.Errorf("%s is not https", address)
		}
	}
	for name, client := range map[string]*http.Client{"HTTPClient": a.srv.HTTPClient(), "Certificate": trusting(a.srv)} {
		api, err := gen.NewClientWithResponses(a.srv.URL, gen.WithHTTPClient(client), gen.WithRequestEditorFn(authn.APIKey(a.srv.APIKey)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := api.GetUsersWithResponse(t.Context(), nil)
		if noError(t, name+": err", err) {
			expect(t, name+": got.JSON200 == nil", got.JSON200 == nil, false)
		}
	}
	var unknown *tls.CertificateVerificationError
	if _, err := http.Get(a.url + "/users"); !errors.As(err, &unknown) {
		t.Errorf("who does not know the certificate gets %v", err)
	}
	if start(t).srv.Certificate() != nil {
		t.Error("a server without TLS has a certificate")
	}
}

// A file goes to storage by an address that the API signs, and comes back.
func TestStorageSpeaksTLS(t *testing.T) {
	a := start(t, clarifytest.WithTLS(), clarifytest.WithAddress("0.0.0.0:0"))
	b := *a
	b.client = a.srv.HTTPClient()
	path := "/objects/deal/records/" + b.create("deal", `{}`)
	place := b.place(path, "offer.pdf")
	if !strings.HasPrefix(place.url, "https://") {
		t.Fatalf("the address is %s", place.url)
	}
	b.stores("PUT", place.url, "an offer")
}

func TestTheCertificateIsForTheHostThatIsListenedOn(t *testing.T) {
	for address, names := range map[string][]string{
		"127.0.0.1:0": {"127.0.0.1", "localhost", "::1"},
		"127.0.0.2:0": {"127.0.0.2", "localhost"},
		"localhost:0": {"localhost", "127.0.0.1"},
	} {
		srv := clarifytest.NewServer(clarifytest.WithTLS(), clarifytest.WithAddress(address))
		defer srv.Close()
		for _, name := range names {
			if err := srv.Certificate().VerifyHostname(name); err != nil {
				t.Errorf("%s: %v", address, err)
			}
		}
	}
}

// What is sent in clear text is lost to whoever listens, so a test has to learn
// of it.
func TestARequestInClearTextIsAViolation(t *testing.T) {
	a := start(t, clarifytest.WithTLS())
	request := newRequest(t, "GET", "http"+strings.TrimPrefix(a.url, "https")+"/users?search=x", "")
	request.Header.Set("Authorization", a.auth)
	got := a.do(request)
	if got.status != http.StatusBadRequest {
		t.Errorf("got %d", got.status)
	}
	found := a.srv.TakeViolations()
	if expect(t, "len(found)", len(found), 1) {
		expect(t, "found[0].Method", found[0].Method, "GET")
		expect(t, "found[0].Path", found[0].Path, "/v1/workspaces/acme/users")
		expect(t, "found[0].Where", found[0].Where, clarifytest.InRequest)
		contains(t, "found[0].What", found[0].What, "clear text")
	}
	// A client that speaks neither HTTP nor TLS is no client of the API.
	conn, err := net.Dial("tcp", request.URL.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = conn.Write([]byte("\x00\x01 nothing\r\n\r\n"))
	_, _ = io.Copy(io.Discard, conn)
	if found := a.srv.TakeViolations(); len(found) != 0 {
		t.Errorf("%+v", found)
	}
}

func TestFaultsStrikeOverTLS(t *testing.T) {
	for _, fault := range []clarifytest.Fault{
		clarifytest.HangUp(), clarifytest.ResetBeforeWork(), clarifytest.ResetDuringWork(), clarifytest.ResetAfterWork(), clarifytest.CutBody(3),
	} {
		a := start(t, clarifytest.WithTLS())
		a.srv.Inject(fault, clarifytest.Times(1))
		client := &http.Client{Transport: a.srv.HTTPClient().Transport}
		request := newRequest(t, "POST", a.url+"/objects/deal/records", oneRecord("deal", `{}`))
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Authorization", a.auth)
		response, err := client.Do(request)
		if err == nil {
			_, err = io.ReadAll(response.Body)
			response.Body.Close()
		}
		if err == nil {
			t.Errorf("%v: no error", fault)
		}
		status, err := getSchemas(a.srv, a.srv.Client())
		expect(t, "status", status, http.StatusOK)
		noError(t, "err", err)
	}
}

func TestConnectionsAreRefusedOverTLS(t *testing.T) {
	a := start(t, clarifytest.WithTLS())
	if status, err := getSchemas(a.srv, a.srv.Client()); status != http.StatusOK || err != nil {
		t.Fatalf("%d, %v", status, err)
	}
	a.srv.RefuseConnections()
	if _, err := getSchemas(a.srv, a.srv.Client()); err == nil {
		t.Error("a connection is accepted")
	}
	if err := a.srv.AcceptConnections(); err != nil {
		t.Fatal(err)
	}
	status, err := getSchemas(a.srv, a.srv.Client())
	expect(t, "status", status, http.StatusOK)
	noError(t, "err", err)
}

func TestTLSWorksInMemoryWhereTimeIsFake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := clarifytest.NewServer(clarifytest.WithMemoryNetwork(), clarifytest.WithTLS(), clarifytest.WithTB(t))
		defer srv.Close()
		srv.Inject(clarifytest.Latency(time.Hour))
		began := time.Now()
		status, err := getSchemas(srv, srv.Client())
		expect(t, "status", status, http.StatusOK)
		noError(t, "err", err)
		if time.Since(began) != time.Hour {
			t.Errorf("the response took %v", time.Since(began))
		}
	})
}

func TestTheOAuthFlowSpeaksTLS(t *testing.T) {
	a := start(t, clarifytest.WithTLS())
	query := url.Values{"response_type": {"code"}, "client_id": {"c"}, "redirect_uri": {"http://127.0.0.1:1/callback"}}
	response, err := a.srv.HTTPClient().Get(a.srv.AuthorizeURL + "?" + query.Encode())
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	to, err := response.Location()
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {to.Query().Get("code")}, "client_id": {"c"}, "client_secret": {"s"}, "redirect_uri": {"http://127.0.0.1:1/callback"}}
	response, err = a.srv.HTTPClient().PostForm(a.srv.TokenURL, form)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%v, %v", response, err)
	}
	response.Body.Close()
}
