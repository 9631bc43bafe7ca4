package clarifykeyring

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/zalando/go-keyring"
	"golang.org/x/oauth2"
)

const (
	// format is the format of an item.
	format = 1
	// maxItem is how many bytes of a token an item has: Windows allows 2,560, and macOS
	// some 3,000 with the names, after an encoding by which they grow by a third. An
	// access token that is a JWT may be larger, and then is in several items.
	maxItem = 1500
	// maxParts bounds how many items are read.
	maxParts = 100
)

// halves are the names of two sets of items for the parts of a large token. The one that
// is not in use is written before the item that names it, so that a program that is
// killed leaves the old token or the new one.
var halves = [2]string{"a", "b"}

// item is what the keyring has under the name of the user: a token, or where its parts
// are.
type item struct {
	Format int       `json:"format"`
	Token  *document `json:"token,omitempty"`
	Half   string    `json:"half,omitempty"`
	Parts  int       `json:"parts,omitempty"`
}

type document struct {
	AccessToken  string    `json:"access_token"`
	TokenType    string    `json:"token_type,omitempty"`
	RefreshToken string    `json:"refresh_token,omitempty"`
	Expiry       time.Time `json:"expiry,omitzero"`
	ExpiresIn    int64     `json:"expires_in,omitempty"`
}

func encode(token *oauth2.Token) (string, error) {
	if token == nil || token.AccessToken == "" && token.RefreshToken == "" {
		return "", errors.New("clarify: the token to save is empty")
	}
	if !utf8.ValidString(token.AccessToken) || !utf8.ValidString(token.TokenType) || !utf8.ValidString(token.RefreshToken) {
		return "", errors.New("clarify: cannot save the token: it is not valid UTF-8") // JSON would replace the bytes
	}
	data, err := json.Marshal(item{Format: format, Token: &document{token.AccessToken, token.TokenType, token.RefreshToken, token.Expiry, token.ExpiresIn}})
	if err != nil {
		return "", errors.New("clarify: cannot save the token: its expiry is out of range")
	}
	if len(data) > maxItem*maxParts {
		return "", fmt.Errorf("clarify: cannot save the token: it has %d bytes, more than %d", len(data), maxItem*maxParts)
	}
	return string(data), nil
}

// decode decodes an item. Its errors show nothing of it.
func decode(data string) (item, error) {
	var got item
	if err := json.Unmarshal([]byte(data), &got); err != nil {
		return item{}, fmt.Errorf("%w: it is not JSON", ErrDamaged)
	}
	switch {
	case got.Format > format:
		return item{}, fmt.Errorf("%w: its format is %d, newer than %d", ErrDamaged, got.Format, format)
	case got.Format != format:
		return item{}, fmt.Errorf("%w: it has no format", ErrDamaged)
	case got.Token == nil && (got.Half != halves[0] && got.Half != halves[1] || got.Parts < 1 || got.Parts > maxParts):
		return item{}, fmt.Errorf("%w: it has neither a token nor parts", ErrDamaged)
	case got.Token != nil && got.Token.AccessToken == "" && got.Token.RefreshToken == "":
		return item{}, fmt.Errorf("%w: its token is empty", ErrDamaged)
	}
	return got, nil
}

// part is the name of an item with a part of a token.
func (s *Store) part(half string, n int) string { return fmt.Sprintf("%s (%s%d)", s.user, half, n+1) }

func (s *Store) read() (*oauth2.Token, error) {
	data, err := keyring.Get(s.service, s.user)
	if err != nil {
		return nil, s.failed("read", err)
	}
	got, err := decode(data)
	if err != nil {
		return nil, err
	}
	if got.Token == nil {
		if got, err = s.join(got); err != nil {
			return nil, err
		}
	}
	d := got.Token
	return &oauth2.Token{
		AccessToken: d.AccessToken, TokenType: d.TokenType, RefreshToken: d.RefreshToken, Expiry: d.Expiry, ExpiresIn: d.ExpiresIn,
	}, nil
}

// join reads the parts of a token.
func (s *Store) join(at item) (item, error) {
	var all strings.Builder
	for n := range at.Parts {
		part, err := keyring.Get(s.service, s.part(at.Half, n))
		if errors.Is(err, keyring.ErrNotFound) {
			return item{}, fmt.Errorf("%w: part %d of %d is missing", ErrDamaged, n+1, at.Parts)
		}
		if err != nil {
			return item{}, s.failed("read", err)
		}
		all.WriteString(part)
	}
	got, err := decode(all.String())
	if err == nil && got.Token == nil {
		err = fmt.Errorf("%w: its parts are not one", ErrDamaged)
	}
	return got, err
}

func (s *Store) write(data string) error {
	half := halves[0]
	if data, err := keyring.Get(s.service, s.user); err == nil {
		if old, err := decode(data); err == nil && old.Half == halves[0] {
			half = halves[1]
		}
	}
	parts := 0
	if len(data) > maxItem {
		for rest := data; rest != ""; parts++ {
			n := cut(rest)
			if err := keyring.Set(s.service, s.part(half, parts), rest[:n]); err != nil {
				return s.failed("write to", err)
			}
			rest = rest[n:]
		}
		head, err := json.Marshal(item{Format: format, Half: half, Parts: parts})
		if err != nil {
			return err
		}
		data = string(head)
	}
	if err := keyring.Set(s.service, s.user, data); err != nil {
		return s.failed("write to", err)
	}
	for _, each := range halves {
		if each == half {
			s.trim(each, parts)
		} else {
			s.trim(each, 0)
		}
	}
	return nil
}

// cut returns how many bytes of a string fit into an item, of whole characters.
func cut(s string) int {
	if len(s) <= maxItem {
		return len(s)
	}
	n := maxItem
	for n > 1 && !utf8.RuneStart(s[n]) {
		n--
	}
	return n
}

// trim removes the parts of an older token, from the n-th. If that fails they are
// replaced, or removed, the next time.
func (s *Store) trim(half string, n int) {
	for ; n < maxParts; n++ {
		if err := keyring.Delete(s.service, s.part(half, n)); err != nil {
			return
		}
	}
}
