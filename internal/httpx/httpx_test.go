package httpx_test

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify/internal/httpx"
)

func TestIsLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost":             true,
		"127.0.0.1":             true,
		"127.255.255.254":       true,
		"::1":                   true,
		"::ffff:127.0.0.1":      true,
		"":                      false,
		"LOCALHOST":             false,
		"localhost.":            false,
		"api.localhost":         false,
		"localhost.example.com": false,
		"127.1":                 false,
		"127.0.0.1.":            false,
		"127.0.0.01":            false,
		"0x7f000001":            false,
		"2130706433":            false,
		"0.0.0.0":               false,
		"::":                    false,
		"::1%lo":                false,
		"[::1]":                 false,
		"127.0.0.1:80":          false,
		"128.0.0.1":             false,
	} {
		if got := httpx.IsLoopback(host); got != want {
			t.Errorf("IsLoopback(%q) is %v, want %v", host, got, want)
		}
	}
}

func TestPrintableHost(t *testing.T) {
	const substitute = "an unknown host"
	for _, test := range []struct {
		host           string
		alone, withURL bool // whether it is printable as a host, and as the host of a URL
	}{
		{"api.clarify.ai", true, true},
		{"API-1.example_2.COM", true, true},
		{"203.0.113.7", true, true},
		{"2001:db8::1", true, true},
		{"fe80::1%eth0", true, true},

		{"api.clarify.ai:443", false, true},
		{"localhost:", false, true},
		{"203.0.113.7:8080", false, true},
		{"[2001:db8::1]", false, true},
		{"[2001:db8::1]:443", false, true},
		{"[fe80::1%eth0]:443", false, true},

		{"", false, false},
		{".", false, false},
		{":443", false, false},
		{"user:password", false, false},
		{"user:password@host", false, false},
		{"host:443:443", false, false},
		{"host:123456", false, false},
		{"host:٤٤٣", false, false},
		{"[", false, false},
		{"[my password]", false, false},
		{"fe80::1%my password", false, false},
		{"[fe80::1%a\nb]:80", false, false},
		{"two words", false, false},
		{"a/b", false, false},
		{"ä.example", false, false},
		{strings.Repeat("a", 255), false, false},
	} {
		want := func(printable bool) string {
			if printable {
				return test.host
			}
			return substitute
		}
		if got := httpx.PrintableHost(test.host, substitute); got != want(test.alone) {
			t.Errorf("PrintableHost(%q) is %q, want %q", test.host, got, want(test.alone))
		}
		if got := httpx.PrintableHostPort(test.host, substitute); got != want(test.withURL) {
			t.Errorf("PrintableHostPort(%q) is %q, want %q", test.host, got, want(test.withURL))
		}
	}
}

func TestIsName(t *testing.T) {
	for host, want := range map[string]bool{
		"api.clarify.ai":         true,
		"api.clarify.ai.":        true,
		"A-1_b":                  true,
		strings.Repeat("a", 254): true,
		strings.Repeat("a", 255): false,
		"":                       false,
		"...":                    false,
		"*.example.com":          false,
		"host:80":                false,
		"bücher.example":         false,
	} {
		if got := httpx.IsName(host); got != want {
			t.Errorf("IsName(%q) is %v, want %v", host, got, want)
		}
	}
}

func TestSleep(t *testing.T) {
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	for name, test := range map[string]struct {
		ctx   context.Context
		sleep time.Duration
		limit time.Duration // of the context
		took  time.Duration
		err   error
	}{
		"to the end":                {sleep: time.Minute, took: time.Minute},
		"until the context ends":    {sleep: time.Minute, limit: time.Second, took: time.Second, err: context.DeadlineExceeded},
		"with an ended context":     {ctx: canceled, sleep: time.Minute, err: context.Canceled},
		"not at all":                {sleep: 0},
		"less than nothing":         {sleep: -time.Minute},
		"not at all, context ended": {ctx: canceled, sleep: 0, err: context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := test.ctx
				if ctx == nil {
					ctx = t.Context()
				}
				if test.limit > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, test.limit)
					defer cancel()
				}
				began := time.Now()
				if err := httpx.Sleep(ctx, test.sleep); !errors.Is(err, test.err) {
					t.Errorf("the error is %v, want %v", err, test.err)
				}
				if took := time.Since(began); took != test.took {
					t.Errorf("it took %v, want %v", took, test.took)
				}
			})
		})
	}
}

func TestIsNil(t *testing.T) {
	var reader *bytes.Reader
	var values url.Values
	var f func()
	for name, test := range map[string]struct {
		v    any
		want bool
	}{
		"nil":               {nil, true},
		"a nil pointer":     {reader, true},
		"a nil map":         {values, true},
		"a nil function":    {f, true},
		"a nil slice":       {[]byte(nil), false},
		"a pointer":         {bytes.NewReader(nil), false},
		"an empty map":      {url.Values{}, false},
		"a function":        {func() {}, false},
		"a struct":          {struct{}{}, false},
		"an empty string":   {"", false},
		"a pointer to nil":  {&reader, false},
		"a nil error value": {error(nil), true},
	} {
		if got := httpx.IsNil(test.v); got != test.want {
			t.Errorf("IsNil of %s is %v, want %v", name, got, test.want)
		}
	}
}
