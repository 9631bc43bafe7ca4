package clarify_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
)

func TestAnUnsafeStorageURLIsNotUsed(t *testing.T) {
	for _, tt := range []struct {
		name, url, want string
		insecure        bool
	}{
		{"plain http to another host", "http://bucket.s3.example" + filePath + "?" + fileQuery, "bucket.s3.example", true},
		{"plain http to what only begins like loopback", "http://localhost.s3.example" + filePath + "?" + fileQuery, "localhost.s3.example", true},
		{"another scheme", "ftp://bucket.s3.example" + filePath + "?" + fileQuery, "bucket.s3.example", true},
		{"a user in the URL", "https://AKIDEXAMPLE:" + fileSignature + "@bucket.s3.example" + filePath, "user info", false},
		{"no host", "https://" + filePath + "?" + fileQuery, "no host", false},
		{"a path alone", filePath + "?" + fileQuery, "no host", false},
		{"a port alone", "https://:443" + filePath + "?" + fileQuery, "no host", false},
		{"what is malformed", "https://bucket.s3.example/%zz" + filePath + "?" + fileQuery, "malformed", false},
		{"what has control characters", "https://bucket.s3.example/\n" + filePath + "?" + fileQuery, "malformed", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFiles(t)
			var other []string
			f.client.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
				if !strings.HasSuffix(f.api.URL, r.URL.Host) {
					other = append(other, r.URL.Host)
					return nil, errors.New("not here")
				}
				return http.DefaultTransport.RoundTrip(r)
			})
			f.send(tt.url)
			client := f.connect()
			_, err := client.UploadAttachment(t.Context(), "deal", "d1", "a", strings.NewReader("hello"), 5)
			failure := wantStorageError(t, err, 0)
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v", err)
			}
			wantIs(t, err, authn.ErrInsecureAddress, tt.insecure)
			wantEqual(t, "failure.Method", failure.Method, "PUT")
			n, err := client.DownloadAttachment(t.Context(), "deal", "d1", fileID, io.Discard)
			failure = wantStorageError(t, err, 0)
			wantEqual(t, "n", n, 0)
			wantIs(t, err, authn.ErrInsecureAddress, tt.insecure)
			wantEqual(t, "failure.Method", failure.Method, "GET")
			steps := f.steps()
			wantEqual(t, "len(steps)", len(steps), 2)
			wantEqual(t, "len(other)", len(other), 0)
		})
	}
}

func TestAFailureOfStorageIsTyped(t *testing.T) {
	for _, tt := range []struct {
		name     string
		response http.HandlerFunc
		want     clarify.StorageError
		text     string
	}{
		{
			"a URL that has expired",
			func(w http.ResponseWriter, r *http.Request) {
				rejectFile(w, 403, "AccessDenied", "Request has expired")
			},
			clarify.StorageError{StatusCode: 403, Code: "AccessDenied", Message: "Request has expired", RequestID: "R17"},
			"403 Forbidden: AccessDenied: Request has expired (the URL may have expired: call again to get a new one)",
		},
		{
			"a message that contains the URL",
			func(w http.ResponseWriter, r *http.Request) {
				rejectFile(w, 400, "Bad"+fileSignature, "Not "+strings.ReplaceAll(r.URL.String(), "&", "&amp;")+" nor "+r.URL.Path+", "+fileKeyID+"\nand so\ron")
			},
			clarify.StorageError{StatusCode: 400, Code: "Bad[redacted]", Message: "Not [redacted]?[redacted] nor [redacted], [redacted] and so on", RequestID: "R17"},
			"400 Bad Request",
		},
		{
			"a message that is long",
			func(w http.ResponseWriter, r *http.Request) {
				rejectFile(w, 404, "NoSuchKey", strings.Repeat("ü", 3000))
			},
			clarify.StorageError{StatusCode: 404, Code: "NoSuchKey", Message: strings.Repeat("ü", 100) + "…", RequestID: "R17"},
			"404 Not Found",
		},
		{
			"a page of HTML",
			func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(418)
				_, _ = fmt.Fprintf(w, "<html><body>%s</body></html>", r.URL)
			},
			clarify.StorageError{StatusCode: 418},
			"418 I'm a teapot",
		},
		{
			"no body",
			func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(412) },
			clarify.StorageError{StatusCode: 412},
			"412 Precondition Failed",
		},
		{
			"a status without a name, and a body without an end",
			func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(499)
				_, _ = io.WriteString(w, "<Error><Code>"+strings.Repeat("x", 1<<20))
			},
			clarify.StorageError{StatusCode: 499},
			": 499",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFiles(t)
			attempts := 0
			f.put = func(w http.ResponseWriter, r *http.Request) {
				attempts++
				tt.response(w, r)
			}
			client := f.connect()
			uploaded, err := client.UploadAttachment(t.Context(), "deal", "d1", "a", strings.NewReader("hello"), 5)
			want := tt.want
			want.Method, want.Host = "PUT", f.storage.Listener.Addr().String()
			got := wantStorageError(t, err, want.StatusCode)
			wantEqual(t, "*got", *got, want)
			if !strings.Contains(err.Error(), tt.text) {
				t.Errorf("%v", err)
			}
			if uploaded != nil {
				t.Errorf("%v", err)
			}
			n, err := client.DownloadAttachment(t.Context(), "deal", "d1", fileID, io.Discard)
			want.Method = "GET"
			got = wantStorageError(t, err, want.StatusCode)
			wantEqual(t, "*got", *got, want)
			if !strings.Contains(err.Error(), tt.text) {
				t.Errorf("%v", err)
			}
			wantEqual(t, "n", n, 0)
			wantEqual(t, "len(f.steps())", len(f.steps()), 2)
			wantEqual(t, "attempts", attempts, 2)
		})
	}
}

func TestARedirectOfStorageIsNotFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			var others atomic.Int32
			other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { others.Add(1) }))
			defer other.Close()
			f := newFiles(t)
			f.put = func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, other.URL+filePath+"?"+fileQuery, status)
			}
			client := f.connect()
			_, err := client.UploadAttachment(t.Context(), "deal", "d1", "a", strings.NewReader("hello"), 5)
			wantStorageError(t, err, status)
			if !strings.Contains(err.Error(), "redirects of storage are not followed") {
				t.Errorf("%v", err)
			}
			_, err = client.DownloadAttachment(t.Context(), "deal", "d1", fileID, io.Discard)
			wantStorageError(t, err, status)
			wantEqual(t, "others.Load()", others.Load(), 0)
			wantEqual(t, "len(f.steps())", len(f.steps()), 2)
		})
	}
}

func TestALargeFileThatStorageRejectsIsNotSent(t *testing.T) {
	f := newFiles(t)
	f.put = func(w http.ResponseWriter, r *http.Request) { rejectFile(w, 403, "AccessDenied", "no") }
	untouched := readerFunc(func([]byte) (int, error) {
		t.Error("the file is read")
		return 0, io.EOF
	})
	_, err := f.connect().UploadAttachment(t.Context(), "deal", "d1", "a", untouched, muchData)
	wantStorageError(t, err, 403)
}

func TestAResponseBeforeTheWholeFileIsAnError(t *testing.T) {
	f := newFiles(t)
	f.put = func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadFull(r.Body, make([]byte, 5))
		w.WriteHeader(200)
	}
	_, err := f.connect(clarify.WithRetries(0)).UploadAttachment(t.Context(), "deal", "d1", "a", onlyReader{io.LimitReader(&pattern{}, muchData)}, muchData)
	// Depending on which comes first, it is the response or the connection.
	var failure *clarify.StorageError
	if !errors.As(err, &failure) {
		t.Fatalf("%v", err)
	}
	if failure.StatusCode != 200 && failure.StatusCode != 0 {
		t.Errorf("%v", err)
	}
	wantEqual(t, "len(f.steps())", len(f.steps()), 1)
	wantUnsigned(t, err)
}

func TestAnUnreachableStorageIsAStorageError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFilesInMemory(t)
		f.send("http://127.0.0.1:9" + filePath + "?" + fileQuery)
		client := f.connect()
		_, err := client.UploadAttachment(t.Context(), "deal", "d1", "a", strings.NewReader("hello"), 5)
		failure := wantStorageError(t, err, 0)
		wantEqual(t, "failure.Host", failure.Host, "127.0.0.1:9")
		if !strings.Contains(err.Error(), "connection refused") {
			t.Errorf("%v", err)
		}
		_, err = client.DownloadAttachment(t.Context(), "deal", "d1", fileID, io.Discard)
		wantStorageError(t, err, 0)
	})
}

// A transport may put the URL into its errors, and more than once.
func TestATransportsErrorDoesNotShowTheURL(t *testing.T) {
	f := newFiles(t)
	f.client.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		if !strings.HasSuffix(f.storage.URL, r.URL.Host) {
			return http.DefaultTransport.RoundTrip(r)
		}
		_, err := http.Get("x:" + r.URL.String())
		return nil, fmt.Errorf("blocked %s, %q, %q: %w, %w", r.URL, r.URL.Path, r.URL.Query(), err, errDisk)
	})
	client := f.connect(clarify.WithRetries(0))
	_, err := client.UploadAttachment(t.Context(), "deal", "d1", "a", strings.NewReader("hello"), 5)
	wantStorageError(t, err, 0)
	wantIs(t, err, errDisk, true)
	if !strings.Contains(err.Error(), "blocked http://127.0.0.1") {
		t.Errorf("%v", err)
	}
}

func TestNonRetryableErrorsAreNotRetried(t *testing.T) {
	f := newFiles(t)
	attempts := 0
	f.client.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		if !strings.HasSuffix(f.storage.URL, r.URL.Host) {
			return http.DefaultTransport.RoundTrip(r)
		}
		attempts++
		return nil, &tls.CertificateVerificationError{Err: errDisk}
	})
	client := f.connect()
	_, uploading := client.UploadAttachment(t.Context(), "deal", "d1", "a", strings.NewReader("hello"), 5)
	_, downloading := client.DownloadAttachment(t.Context(), "deal", "d1", fileID, io.Discard)
	wantIs(t, uploading, errDisk, true)
	wantIs(t, downloading, errDisk, true)
	wantEqual(t, "attempts", attempts, 2)
}
