package login_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/clarify-go/clarify/authn/login"
)

func TestTheURLIsPrinted(t *testing.T) {
	t.Run("beside opening the browser", func(t *testing.T) {
		a := newAuthServer(t)
		var output bytes.Buffer
		var opened string
		if _, err := a.run(t.Context(), a.config(""), func(address string) {
			opened = address
			a.get(address)
		}, login.WithOutput(&output)); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(output.String(), "\n    "+opened+"\n"); n != 1 {
			t.Errorf("the URL is printed %d times:\n%s", n, output.String())
		}
		a.show(output.String())
	})
	for _, tt := range []struct {
		name, want string
		open       func(context.Context, string) error
	}{
		{"instead of it", "To log in, open this URL", nil},
		{"and what kept the browser from opening", "The browser did not open: no such browser", func(context.Context, string) error { return errors.New("no such browser") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := newAuthServer(t)
			read, write := io.Pipe()
			var output bytes.Buffer
			wg := sync.WaitGroup{}
			wg.Go(func() {
				buf := make([]byte, 1<<12)
				for seen := false; ; {
					n, err := read.Read(buf)
					output.Write(buf[:n])
					if err != nil {
						return
					}
					if !seen && strings.Contains(output.String(), tt.want) {
						seen = true
						for _, word := range strings.Fields(output.String()) {
							if strings.HasPrefix(word, a.server.URL) {
								a.get(word)
							}
						}
					}
				}
			})
			token, err := login.Run(t.Context(), a.config(""), login.WithOutput(write), login.WithHTTPClient(a.client), login.WithBrowser(tt.open))
			write.Close()
			wg.Wait()
			if err != nil {
				t.Errorf("error %v", err)
			} else if token.AccessToken != testToken {
				t.Errorf("access token %q, want %q", token.AccessToken, testToken)
			}
			a.show(output.String())
		})
	}
	t.Run("or it is an error", func(t *testing.T) {
		a := newAuthServer(t)
		_, write := io.Pipe()
		_ = write.Close()
		if _, err := login.Run(t.Context(), a.config(""), login.WithoutBrowser(), login.WithOutput(write)); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("error %v", err)
		}
		if _, err := a.run(t.Context(), a.config(""), func(address string) { a.get(address) }, login.WithOutput(write)); err != nil {
			t.Errorf("with a browser: %v", err)
		}
	})
}

func TestTheBrowserPrintsToStandardErrorAlone(t *testing.T) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		t.Skip("only where the browser is a program in the PATH")
	}
	const address = "http://127.0.0.1:1/authorize?a=b&c=d%20e"
	dir := t.TempDir()
	script := "#!/bin/sh\necho out of the browser\necho \"opened $1\" >&2\n"
	if err := os.WriteFile(filepath.Join(dir, "xdg-open"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, display := range []string{"DISPLAY=:0", "WAYLAND_DISPLAY=wayland-0", ""} {
		cmd := exec.Command(self)
		cmd.Env = []string{"LOGIN_TEST_OPEN=" + address, "PATH=" + dir + ":/bin:/usr/bin", display}
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		err := cmd.Run()
		if stdout.Len() > 0 {
			t.Errorf("%q: standard output has %q", display, stdout.String())
		}
		want := "opened " + address
		if display == "" {
			want = "there is no display"
		}
		if opened := err == nil; opened != (display != "") {
			t.Errorf("%q: error %v, want none: %t", display, err, display != "")
		}
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("%q: standard error has %q, want %q in it", display, stderr.String(), want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := login.OpenBrowser(ctx, address); err != context.Canceled {
		t.Errorf("error %v", err)
	}
	var none context.Context
	if err := login.OpenBrowser(none, address); err == nil {
		t.Error("a nil context: no error")
	}
}
