package httpx_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/internal/httpx"
)

var now = time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)

func retryAfter(values ...string) time.Duration {
	return httpx.RetryAfter(http.Header{"Retry-After": values}, now)
}

func TestRetryAfter(t *testing.T) {
	for _, test := range []struct {
		value string
		want  time.Duration
	}{
		{"0", 0},
		{"7", 7 * time.Second},
		{"007", 7 * time.Second},
		{" 7\t", 7 * time.Second},
		{"3600", time.Hour},
		{"31536000", httpx.MaxRetryAfter},
		{"31536001", httpx.MaxRetryAfter},
		{strings.Repeat("9", 100), httpx.MaxRetryAfter},

		{"Tue, 03 Feb 2026 04:05:26 GMT", 20 * time.Second},
		{"Tuesday, 03-Feb-26 04:05:26 GMT", 20 * time.Second},
		{"Tue Feb  3 04:05:26 2026", 20 * time.Second},
		{"Tue, 03 Feb 2026 04:05:06 GMT", 0},
		{"Tue, 03 Feb 2026 04:05:05 GMT", 0},
		{"Sun, 01 Jan 1600 00:00:00 GMT", 0},
		{"Fri, 31 Dec 9999 23:59:59 GMT", httpx.MaxRetryAfter},

		{"", 0},
		{" ", 0},
		{"soon", 0},
		{"1m", 0},
		{"7s", 0},
		{"1.5", 0},
		{"1e3", 0},
		{"+7", 0},
		{"-7", 0},
		{"0x7", 0},
		{"7 7", 0},
		{"7,7", 0},
		{"٧", 0},
		{"NaN", 0},
		{"Inf", 0},
		{"2026-02-03T04:05:26Z", 0},
		{"Tue, 03 Feb 2026 04:05:26", 0},
	} {
		if got := retryAfter(test.value); got != test.want {
			t.Errorf("Retry-After: %q is %v, want %v", test.value, got, test.want)
		}
	}
}

func TestRetryAfterWithoutTheHeader(t *testing.T) {
	if got := httpx.RetryAfter(nil, now); got != 0 {
		t.Errorf("without headers it is %v, want 0", got)
	}
	if got := retryAfter(); got != 0 {
		t.Errorf("without values it is %v, want 0", got)
	}
	if got := retryAfter("1", "2"); got != time.Second {
		t.Errorf("of two values it is %v, want the first, 1s", got)
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{"", "7", "1m", "1.5", "-1", "31536001", "Tue, 03 Feb 2026 04:05:26 GMT", "Tuesday, 03-Feb-26 04:05:26 GMT", "Tue Feb  3 04:05:26 2026"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		got := retryAfter(value)
		if got < 0 || got > httpx.MaxRetryAfter {
			t.Fatalf("Retry-After: %q is %v", value, got)
		}
		value = strings.Trim(value, " \t")
		want := time.Duration(0)
		if at, err := http.ParseTime(value); err == nil {
			want = min(max(0, at.Sub(now)), httpx.MaxRetryAfter)
		} else if seconds, err := strconv.ParseUint(value, 10, 32); err == nil {
			want = min(time.Duration(seconds)*time.Second, httpx.MaxRetryAfter)
		} else if value != "" && strings.Trim(value, "0123456789") == "" {
			want = httpx.MaxRetryAfter
		}
		if got != want {
			t.Errorf("Retry-After: %q is %v, want %v", value, got, want)
		}
	})
}
