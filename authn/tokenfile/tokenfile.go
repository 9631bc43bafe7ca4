// Package tokenfile stores an OAuth 2.0 token in a file on the user's machine.
// Several processes can share it.
//
//	store, err := tokenfile.New(path)
//	source := authn.NewTokenSource(config, store)
//
// Only the owner can read the file. It is never written in place: a new file is
// written, synced and renamed, so that an interrupted process leaves either the old
// token or the new one. A second file, whose name ends in ".lock", is locked while a
// process refreshes the token, so that other processes wait and use the result. It
// is empty, and is never removed. The file system must support locks and renames,
// which some network file systems do not.
package tokenfile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/clarify-go/clarify/authn"
	"github.com/gofrs/flock"
	"golang.org/x/oauth2"
)

var (
	// ErrExposed is matched, by [errors.Is], when users other than the owner can
	// read or write the file. The message has the command that fixes it. Anyone who
	// could read the file may have the token: revoke it if that matters.
	ErrExposed = errors.New("tokenfile: the file is exposed to others")
	// ErrDamaged is matched, by [errors.Is], when the file has something other than
	// what Save writes. The file is not changed: move it away and log in again.
	ErrDamaged = errors.New("tokenfile: the file is damaged")
)

const (
	// maxSize is the maximum size of the file in bytes, far more than a token needs.
	maxSize = 1 << 20
	// format is the format that Save writes, and the newest that Load reads.
	format = 1
	// maxLinks is how many symbolic links are followed to a missing file.
	maxLinks = 40
	// lockPoll is the time between attempts to acquire a lock.
	lockPoll = 20 * time.Millisecond
	// abandoned is the age at which a temporary file is removed: no Save takes that
	// long. It contains a token, so it should not stay for long.
	abandoned = 10 * time.Minute
)

// A Store is a file with one token. It is an [authn.TokenStore] and an
// [authn.TokenLocker]. It is safe for concurrent use, also by several Stores and
// processes.
type Store struct {
	path string
}

// New returns a store that keeps a token in the file at path. The file and its
// directory need not exist: Save creates them. If the path is a symbolic link, the
// file is its target. New returns an error if the path is empty or ends in a
// separator, or if it is relative and the working directory is unknown.
func New(path string) (*Store, error) {
	if path == "" {
		return nil, errors.New("tokenfile: the path is empty: pass one such as the result of DefaultPath")
	}
	if os.IsPathSeparator(path[len(path)-1]) {
		return nil, fmt.Errorf("tokenfile: the path %q is that of a directory: pass that of a file", path)
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("tokenfile: %w", err)
	}
	return &Store{path: absolute}, nil
}

// DefaultPath returns the path at which a program keeps the token of its user:
// token.json in a directory called name in [os.UserConfigDir], for example
// ~/.config/name/token.json. It returns an error if name cannot be the name of a
// directory, or if os.UserConfigDir fails.
func DefaultPath(name string) (string, error) {
	if !filepath.IsLocal(name) || filepath.Base(name) != name || name == "." || strings.Contains(name, "\x00") {
		return "", fmt.Errorf("tokenfile: invalid directory name %q: pass the program's name", name)
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("tokenfile: %w", err)
	}
	return filepath.Join(dir, name, "token.json"), nil
}

// Path returns the path of the file, which is absolute.
func (s *Store) Path() string { return s.path }

// check returns an error if s or ctx is unusable. A Store without a path would seem
// to be empty, and would write the token into the working directory.
func (s *Store) check(ctx context.Context) error {
	switch {
	case s == nil || s.path == "":
		return errors.New("tokenfile: the store has no path: make it with New")
	case ctx == nil:
		return errors.New("tokenfile: the context is nil")
	}
	return ctx.Err()
}

// document is the content of the file.
type document struct {
	Format       int       `json:"format"`
	AccessToken  string    `json:"access_token"`
	TokenType    string    `json:"token_type,omitempty"`
	RefreshToken string    `json:"refresh_token,omitempty"`
	Expiry       time.Time `json:"expiry,omitzero"`
	ExpiresIn    int64     `json:"expires_in,omitempty"` // in seconds, when the token was issued
}

// Load reads the token. The error matches:
//
//   - [authn.ErrNoToken] if there is no file.
//   - [ErrExposed] if users other than the owner have access to the file. This is not
//     checked on Windows, where the access list of the directory applies.
//   - [ErrDamaged] if the content of the file is not a token.
//
// Every error names the file, and none shows its content.
func (s *Store) Load(ctx context.Context) (*oauth2.Token, error) {
	if err := s.check(ctx); err != nil {
		return nil, err
	}
	// Opening something else could block forever, as a pipe does without a writer.
	if info, err := os.Stat(s.path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s is not a regular file", ErrDamaged, s.path)
	}
	file, err := os.Open(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("tokenfile: %w: %w", authn.ErrNoToken, err)
	}
	if err != nil {
		return nil, fmt.Errorf("tokenfile: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("tokenfile: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s is not a regular file", ErrDamaged, s.path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 && hasModes() {
		return nil, fmt.Errorf("%w: %s has mode %#o: run chmod 600 %s", ErrExposed, s.path, mode, quote(s.path))
	}
	data, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err != nil {
		return nil, fmt.Errorf("tokenfile: %w", err)
	}
	token, err := decode(data)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w: move it away and log in again", ErrDamaged, s.path, err)
	}
	return token, nil
}

// decode decodes what encode wrote. Its errors show nothing of data.
func decode(data []byte) (*oauth2.Token, error) {
	if len(data) > maxSize {
		return nil, errors.New("it is too large")
	}
	var d document
	decoder := json.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&d); err != nil {
		var syntax *json.SyntaxError
		var kind *json.UnmarshalTypeError
		switch {
		case errors.As(err, &syntax):
			return nil, fmt.Errorf("it is not JSON at byte %d", syntax.Offset)
		case errors.As(err, &kind):
			return nil, fmt.Errorf("its member %q has the wrong type", kind.Field)
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil, errors.New("it is cut off")
		}
		return nil, errors.New("it cannot be decoded")
	}
	if rest := data[decoder.InputOffset():]; len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("there is more after the token")
	}
	switch {
	case d.Format > format:
		return nil, fmt.Errorf("its format is %d, newer than %d", d.Format, format)
	case d.Format != format:
		return nil, errors.New("it has no format")
	case d.AccessToken == "" && d.RefreshToken == "":
		return nil, errors.New("it has no token")
	}
	return &oauth2.Token{
		AccessToken:  d.AccessToken,
		TokenType:    d.TokenType,
		RefreshToken: d.RefreshToken,
		Expiry:       d.Expiry,
		ExpiresIn:    d.ExpiresIn,
	}, nil
}

func encode(token *oauth2.Token) ([]byte, error) {
	data, err := json.MarshalIndent(document{
		Format:       format,
		AccessToken:  token.AccessToken,
		TokenType:    token.TokenType,
		RefreshToken: token.RefreshToken,
		Expiry:       token.Expiry,
		ExpiresIn:    token.ExpiresIn,
	}, "", "\t")
	return append(data, '\n'), err
}

// Save writes the token into a file that only the owner can read, and returns when
// it is on disk. It creates missing directories, for the owner only. If Save fails or
// the process ends, the file keeps its content, or has all of the new token, which
// might then not survive a power cut. The error names the file and shows nothing of
// the token.
func (s *Store) Save(ctx context.Context, token *oauth2.Token) error {
	if err := s.check(ctx); err != nil {
		return err
	}
	if token == nil || token.AccessToken == "" && token.RefreshToken == "" {
		return errors.New("tokenfile: the token to save is empty")
	}
	if !utf8.ValidString(token.AccessToken) || !utf8.ValidString(token.TokenType) || !utf8.ValidString(token.RefreshToken) {
		// JSON would replace the invalid bytes.
		return fmt.Errorf("tokenfile: %s: cannot write the token: it is not valid UTF-8", s.path)
	}
	data, err := encode(token)
	if err != nil {
		// A time out of range is the only reason.
		return fmt.Errorf("tokenfile: %s: cannot write the token: its expiry is out of range", s.path)
	}
	path, err := s.prepare()
	if err != nil {
		return err
	}
	dir, name := filepath.Split(path)
	if err := s.write(dir, name, data); err != nil {
		return fmt.Errorf("tokenfile: cannot write %s: %w", path, err)
	}
	sweep(dir, name)
	return nil
}

// prepare creates the directory, and returns the path of the file behind links.
func (s *Store) prepare() (string, error) {
	path, err := filepath.EvalSymlinks(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		path = s.path
		for range maxLinks {
			link, err := os.Readlink(path)
			if err != nil {
				break
			}
			if !filepath.IsAbs(link) {
				link = filepath.Join(filepath.Dir(path), link)
			}
			path = link
		}
	} else if err != nil {
		return "", fmt.Errorf("tokenfile: %s: %w", s.path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fmt.Errorf("tokenfile: %w", err)
	}
	return path, nil
}

func (s *Store) write(dir, name string, data []byte) (err error) {
	// CreateTemp creates a file that only the owner can read.
	temporary, err := os.CreateTemp(dir, temporaryName(name))
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = temporary.Close()
			_ = os.Remove(temporary.Name())
		}
	}()
	if _, err := temporary.Write(data); err != nil {
		return err
	}
	if err := syncFile(temporary); err != nil {
		return err
	}
	if err := temporary.Close(); err != nil {
		return err
	}
	if err := os.Rename(temporary.Name(), filepath.Join(dir, name)); err != nil {
		return err
	}
	return syncFolder(dir)
}

func temporaryName(name string) string { return "." + name + ".*.tmp" }

// syncFile is a variable because tests observe it: only a power cut would show the
// difference.
var syncFile = (*os.File).Sync

// syncFolder makes the rename survive a power cut.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer folder.Close()
	// A file system that cannot sync a directory returns one of these errors.
	if err := syncFile(folder); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}

// sweep removes the temporary files of processes that were killed during Save.
func sweep(dir, name string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	before, after, _ := strings.Cut(temporaryName(name), "*")
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), before) || !strings.HasSuffix(entry.Name(), after) {
			continue
		}
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > abandoned {
			_ = os.Remove(filepath.Join(dir, entry.Name()))
		}
	}
}

// Lock waits until nobody else holds the lock, in this process or another, and
// acquires it. The system releases it if the process dies. Lock returns the
// context's error if that ends first, and an error that names the file if the file
// cannot be locked.
func (s *Store) Lock(ctx context.Context) (unlock func(), err error) {
	if err := s.check(ctx); err != nil {
		return nil, err
	}
	path, err := s.prepare()
	if err != nil {
		return nil, err
	}
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, lockPoll); err != nil {
		_ = lock.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("tokenfile: cannot lock %s: %w", path, err)
	}
	return func() { _ = lock.Close() }, nil
}

// hasModes reports whether the mode of a file says who has access to it.
func hasModes() bool {
	switch runtime.GOOS {
	case "windows", "plan9", "js", "wasip1":
		return false
	}
	return true
}

// quote quotes a path for a shell, if necessary.
func quote(path string) string {
	if !strings.ContainsFunc(path, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+,@%", r))
	}) {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
