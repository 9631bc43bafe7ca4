package clarifytest_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/gen"
)

// get returns the status of a GET of the workspace's schemas, or the error.
func getSchemas(srv *clarifytest.Server, client *http.Client) (int, error) {
	rsp, err := client.Get(srv.URL + "/schemas")
	if err != nil {
		return 0, err
	}
	defer rsp.Body.Close()
	_, err = io.Copy(io.Discard, rsp.Body)
	return rsp.StatusCode, err
}

func TestAServerInMemoryCanBeUsedWhereTimeIsFake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := clarifytest.NewServer(clarifytest.WithMemoryNetwork(), clarifytest.WithTB(t))
		defer srv.Close()
		srv.Inject(clarifytest.Latency(time.Hour))
		began := time.Now()
		status, err := getSchemas(srv, srv.Client())
		expect(t, "status", status, http.StatusOK)
		noError(t, "err", err)
		if time.Since(began) != time.Hour {
			t.Errorf("the response took %v", time.Since(began))
		}
		status, err = getSchemas(srv, srv.HTTPClient())
		expect(t, "status", status, http.StatusUnauthorized)
		noError(t, "err", err)
	})
}

func TestAServerInMemoryHasTheFaultsOfOneOnAPort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := clarifytest.NewServer(clarifytest.WithMemoryNetwork())
		defer srv.Close()
		for _, fault := range []clarifytest.Fault{
			clarifytest.HangUp(), clarifytest.ResetBeforeWork(), clarifytest.ResetDuringWork(), clarifytest.ResetAfterWork(), clarifytest.CutBody(3),
		} {
			injected := srv.Inject(fault)
			if _, err := getSchemas(srv, srv.Client()); err == nil {
				t.Errorf("%v: no error", fault)
			}
			injected.Remove()
		}
		srv.RefuseConnections()
		if _, err := getSchemas(srv, srv.Client()); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("error %v", err)
		}
		if err := srv.AcceptConnections(); err != nil {
			t.Fatal(err)
		}
		status, err := getSchemas(srv, srv.Client())
		expect(t, "status", status, http.StatusOK)
		noError(t, "err", err)
		srv.Wait()
	})
}

func TestServersInMemoryDoNotMeet(t *testing.T) {
	one := clarifytest.NewServer(clarifytest.WithMemoryNetwork(), clarifytest.WithTB(t))
	two := clarifytest.NewServer(clarifytest.WithTB(t))
	status, err := getSchemas(one, one.HTTPClient())
	expect(t, "status", status, http.StatusUnauthorized)
	noError(t, "err", err)
	expect(t, `strings.HasPrefix(one.BaseURL, "http://127.0.0.1:")`, strings.HasPrefix(one.BaseURL, "http://127.0.0.1:"), true)
	expect(t, "one.BaseURL == two.BaseURL", one.BaseURL == two.BaseURL, false)
	status, err = getSchemas(two, two.HTTPClient())
	expect(t, "status", status, http.StatusUnauthorized)
	noError(t, "err", err)
}

func TestStorageIsInMemoryToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := clarifytest.NewServer(clarifytest.WithMemoryNetwork(), clarifytest.WithTB(t))
		defer srv.Close()
		api := srv.API()
		deal, err := api.CreateRecordWithResponse(t.Context(), "deal", nil, gen.CreateRecordRequest{Data: gen.NewRecord{Type: "deal"}})
		if err != nil || deal.JSON201 == nil {
			t.Fatal(deal, err)
		}
		place, err := api.GetSignedURLForRecordAttachmentUploadWithResponse(t.Context(), "deal", deal.JSON201.Data.ID, nil, gen.AttachmentUploadRequest{Name: "a"})
		if err != nil || place.JSON200 == nil {
			t.Fatal(place, err)
		}
		put := func() int {
			rsp, err := srv.Client().Do(newRequest(t, "PUT", place.JSON200.Data.SignedURL, "hello"))
			if err != nil {
				t.Fatal(err)
			}
			defer rsp.Body.Close()
			return rsp.StatusCode
		}
		status := put()
		expect(t, "status", status, http.StatusOK)
		expect(t, `len(srv.Files("acme"))`, len(srv.Files("acme")), 1)
		time.Sleep(clarifytest.SignedAddressLifetime + time.Second)
		if status := put(); status != http.StatusForbidden {
			t.Errorf("after the address has expired storage responds %d", status)
		}
	})
}
