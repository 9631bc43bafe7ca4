package network_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/clarify-go/clarify/clarifytest/internal/network"
)

// runSynctest runs a subtest in a bubble of its own, where time is fake.
func runSynctest(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

var hello = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "hello") })

// get returns what a server on a network responds with at an address.
func get(n network.Network, address string) (string, error) {
	transport := &http.Transport{DialContext: n.Dial}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport}).Get("http://" + address)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

func TestAServerRefusesConnectionsForAWhile(t *testing.T) {
	runSynctest(t, "in memory", func(t *testing.T) { refuseForAWhile(t, network.NewMemory()) })
	t.Run("on a port", func(t *testing.T) { refuseForAWhile(t, new(network.Host)) })
}

func refuseForAWhile(t *testing.T, n network.Network) {
	listener, err := network.Listen(n, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := network.Serve(listener, nil, hello)
	defer server.Close(t.Context())
	address := network.Reachable(listener.Addr())
	for range 2 {
		if got, err := get(n, address); got != "hello" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
		server.RefuseConnections()
		server.RefuseConnections()
		if got, err := get(n, address); err == nil {
			t.Errorf("while it refuses connections: got %q, want an error", got)
		}
		if err := server.AcceptConnections(); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := get(n, address); got != "hello" || err != nil {
		t.Errorf("in the end: got %q, %v", got, err)
	}
}

func TestAPausedListenerCanBeClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := network.NewMemory()
		listener, err := network.Listen(n, "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listener.Pause()
		accepted := make(chan error)
		go func() {
			_, err := listener.Accept()
			accepted <- err
		}()
		synctest.Wait()
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		if err := <-accepted; !errors.Is(err, net.ErrClosed) {
			t.Errorf("Accept: got %v, want %v", err, net.ErrClosed)
		}
		if err := listener.Resume(); err != nil {
			t.Error(err)
		}
		if err := listener.Close(); err != nil {
			t.Errorf("closing again: %v", err)
		}
	})
}

func TestAPortThatIsTakenCannotBeResumed(t *testing.T) {
	n := network.NewMemory()
	listener, err := network.Listen(n, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Pause()
	other, err := network.Listen(n, listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Resume(); err == nil {
		t.Error("got no error, want one while another listener has the port")
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if err := listener.Resume(); err != nil {
		t.Errorf("once the port is free: %v", err)
	}
}

func TestAnAddressEverywhereIsReachableFromHere(t *testing.T) {
	for _, test := range []struct {
		addr       net.Addr
		reachable  string
		everywhere bool
	}{
		{&net.TCPAddr{IP: net.IPv4(127, 0, 0, 2), Port: 80}, "127.0.0.2:80", false},
		{&net.TCPAddr{IP: net.IPv4zero, Port: 80}, "127.0.0.1:80", true},
		{&net.TCPAddr{IP: net.IPv6unspecified, Port: 80}, "127.0.0.1:80", true},
		{&net.UnixAddr{Name: "socket", Net: "unix"}, "socket", false},
	} {
		if got := network.Reachable(test.addr); got != test.reachable {
			t.Errorf("Reachable(%v): got %q, want %q", test.addr, got, test.reachable)
		}
		if got := network.Everywhere(test.addr); got != test.everywhere {
			t.Errorf("Everywhere(%v): got %v, want %v", test.addr, got, test.everywhere)
		}
	}
}
