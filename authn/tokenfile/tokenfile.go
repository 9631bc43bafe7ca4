// Package tokenfile keeps an OAuth 2.0 token in a file, where programs on a
// user's machine find it again, and where processes share it.
//
//	store, err := tokenfile.New(path)
//	source := authn.NewTokenSource(config, store)
//
// The file is readable by its owner only. It is never written in place: a new
// one is written, synced, and renamed to its name, so that whoever is
// interrupted leaves either the old token or the new one. A second file beside
// it, whose name ends in ".lock", is locked while a process refreshes the token,
// so that the others wait and use the result; it is empty, and stays there. Both
// must be on a file system that has locks and renames, which network file
// systems may lack.
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
	// ErrExposed is matched, by [errors.Is], when the file can be read or written
	// by others than its owner. The text has the command that mends it. Whoever
	// could read the file may have the token: revoke it if that matters.
	ErrExposed = errors.New("tokenfile: the file is exposed to others")
	// ErrDamaged is matched, by [errors.Is], when the file does not hold what
	// Save writes. It is left as it is; move it away and log in again.
	ErrDamaged = errors.New("tokenfile: the file is damaged")
)

const (
	// maxSize is far more than any token takes, in bytes.
	maxSize = 1 << 20
	// format is what Save writes, and the newest that Load reads.
	format = 1
	// maxLinks is how many symbolic links to a file that is missing are followed.
	maxLinks = 40
	// lockPoll is how often a lock that somebody holds is tried.
	lockPoll = 20 * time.Millisecond
	// abandoned is the age at which a temporary file belongs to no Save. It has a
	// token in it, so it should not be there for long.
	abandoned = 10 * time.Minute
)

// A Store is a file with one token in it. It is an [authn.TokenStore] and an
// [authn.TokenLocker], and safe for concurrent use, by any number of Stores and
// processes.
type Store struct {
	path string
}

// New returns a store that keeps a token in the file of that path. The file and
// its folder need not exist: Save makes them. If the path is a symbolic link,
// the file is the one it leads to. It returns an error if the path is empty or
// ends in a separator, or if it is relative and the working directory is not
// known.
func New(path string) (*Store, error) {
	if path == "" {
		return nil, errors.New("tokenfile: the path is empty: pass one such as the result of DefaultPath")
	}
	if os.IsPathSeparator(path[len(path)-1]) {
		return nil, fmt.Errorf("tokenfile: the path %s is a folder's: pass that of a file", path)
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("tokenfile: %w", err)
	}
	return &Store{path: absolute}, nil
}

// DefaultPath returns where a program of that name keeps the token of its user:
// token.json in a folder of that name where the system keeps configuration, for
// example ~/.config/name/token.json. It returns an error if name cannot be a
// folder's, or if the system does not say where.
func DefaultPath(name string) (string, error) {
	if !filepath.IsLocal(name) || filepath.Base(name) != name || name == "." || strings.Contains(name, "\x00") {
		return "", fmt.Errorf("tokenfile: %q cannot be the name of a folder: pass the program's name", name)
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("tokenfile: %w", err)
	}
	return filepath.Join(dir, name, "token.json"), nil
}

// Path returns the path of the file, which is absolute.
func (s *Store) Path() string { return s.path }

// check returns why nothing is to be done with s in ctx. A Store without a path
// would seem to hold no token, and leave a new one in the working directory.
func (s *Store) check(ctx context.Context) error {
	switch {
	case s == nil || s.path == "":
		return errors.New("tokenfile: the store has no path: make it with New")
	case ctx == nil:
		return errors.New("tokenfile: there is no context: it is nil")
	}
	return ctx.Err()
}

// document is what the file holds.
type document struct {
	Format       int       `json:"format"`
	AccessToken  string    `json:"access_token"`
	TokenType    string    `json:"token_type,omitempty"`
	RefreshToken string    `json:"refresh_token,omitempty"`
	Expiry       time.Time `json:"expiry,omitzero"`
	ExpiresIn    int64     `json:"expires_in,omitempty"` // when it was issued, in seconds
}

// Load reads the token. If there is no file, the error matches
// [authn.ErrNoToken]. It matches [ErrExposed] if others than the owner have
// access to the file, which is not checked on Windows, where the folder's access
// list rules, and [ErrDamaged] if the file holds something else than a token.
// Every error names the file and none shows what is in it.
func (s *Store) Load(ctx context.Context) (*oauth2.Token, error) {
	if err := s.check(ctx); err != nil {
		return nil, err
	}
	// Opening what is no file may wait for ever, as for who writes into a pipe.
	if info, err := os.Stat(s.path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s is no regular file", ErrDamaged, s.path)
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
		return nil, fmt.Errorf("%w: %s is no regular file", ErrDamaged, s.path)
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

// decode reads what encode wrote. Its errors show nothing of data.
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
			return nil, fmt.Errorf("its member %q is not as it was written", kind.Field)
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil, errors.New("it is cut off")
		}
		return nil, errors.New("it is not as it was written")
	}
	if rest := data[decoder.InputOffset():]; len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New("something follows the token")
	}
	switch {
	case d.Format > format:
		return nil, fmt.Errorf("its format is %d, and this version knows %d", d.Format, format)
	case d.Format != format:
		return nil, errors.New("it has no format")
	case d.AccessToken == "" && d.RefreshToken == "":
		return nil, errors.New("there is no token in it")
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

// Save writes the token, readable by the owner only, and returns once it is on
// disk. Folders that are missing are made, for the owner only. If it fails, or
// the process ends meanwhile, the file holds what it held before; or the whole new
// token, if it is only not certain that it would survive a power cut. The error
// names the file and shows nothing of the token.
func (s *Store) Save(ctx context.Context, token *oauth2.Token) error {
	if err := s.check(ctx); err != nil {
		return err
	}
	if token == nil || token.AccessToken == "" && token.RefreshToken == "" {
		return errors.New("tokenfile: the token to save is empty")
	}
	if !utf8.ValidString(token.AccessToken) || !utf8.ValidString(token.TokenType) || !utf8.ValidString(token.RefreshToken) {
		// JSON would have other characters in place of what is wrong.
		return fmt.Errorf("tokenfile: %s: the token is not UTF-8 and cannot be written", s.path)
	}
	data, err := encode(token)
	if err != nil {
		// Of a time out of range, which is the only way.
		return fmt.Errorf("tokenfile: %s: the token's expiry cannot be written", s.path)
	}
	path, err := s.prepare()
	if err != nil {
		return err
	}
	dir, name := filepath.Split(path)
	if err := s.write(dir, name, data); err != nil {
		return fmt.Errorf("tokenfile: %s cannot be written: %w", path, err)
	}
	sweep(dir, name)
	return nil
}

// prepare makes the folder, and returns the path of the file behind links.
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
	// CreateTemp makes files that the owner alone can read.
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

// syncFile is watched by tests: without a power cut nothing else tells.
var syncFile = (*os.File).Sync

// syncFolder has the rename survive a power cut.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer folder.Close()
	// File systems that cannot sync a folder say so in one of these ways.
	if err := syncFile(folder); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}

// sweep removes what processes that were killed while saving have left.
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
// takes it. The system gives it back if the process dies. It returns the
// context's error if that ends before, and an error that names the file if it
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
		return nil, fmt.Errorf("tokenfile: %s cannot be locked: %w", path, err)
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

// quote makes a path one word of a shell.
func quote(path string) string {
	if !strings.ContainsFunc(path, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+,@%", r))
	}) {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
