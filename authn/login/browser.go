package login

import (
	"context"
	"errors"
	"os"
	"runtime"

	"github.com/cli/browser"
)

// The default of the library is the program's standard output, which may be the input
// of another program. It must be a file: a browser that outlives the program would get
// a broken pipe from any other writer.
func init() { browser.Stdout = os.Stderr }

// OpenBrowser opens address, a URL, in the user's browser with github.com/cli/browser.
// What the browser prints goes to standard error. It returns an error on a Unix other
// than macOS without a display, where at most a browser in the terminal would open. It
// may not return before the browser is closed, even if ctx ends.
func OpenBrowser(ctx context.Context, address string) error {
	if ctx == nil {
		return errors.New("login: the context is nil")
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
