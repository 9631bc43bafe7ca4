package login

import (
	"context"
	"errors"
	"os"
	"runtime"

	"github.com/cli/browser"
)

// The library's default would be the program's standard output, which may be
// somebody's input. A file and no other writer, because a browser that outlives
// the program must not find a broken pipe there.
func init() { browser.Stdout = os.Stderr }

// OpenBrowser opens address in the user's browser, with github.com/cli/browser;
// what the browser prints goes to standard error. It returns an error where no
// browser can be expected: on a Unix other than macOS without a display, where
// at best one inside the terminal would open. It may return only when the
// browser is closed, whatever happens to ctx.
func OpenBrowser(ctx context.Context, address string) error {
	if ctx == nil {
		return errors.New("login: there is no context: it is nil")
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	switch runtime.GOOS {
	case "windows", "darwin":
	default:
		if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
			return errors.New("there is no display")
		}
	}
	return browser.OpenURL(address)
}
