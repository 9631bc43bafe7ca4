package clarify_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/clarify-go/clarify"
)

func TestAStorageErrorIsOneLine(t *testing.T) {
	for _, tt := range []struct {
		err  clarify.StorageError
		want string
	}{
		{
			clarify.StorageError{StatusCode: 404, Method: "GET", Host: "s3.example", Code: "NoSuchKey", Message: "There is\nnone."},
			"clarify: GET to storage at s3.example: 404 Not Found: NoSuchKey: There is none.",
		},
		{
			clarify.StorageError{StatusCode: 403, Method: "PUT", Host: "s3.example"},
			"clarify: PUT to storage at s3.example: 403 Forbidden (the URL may have expired: call again to get a new one)",
		},
		{
			clarify.StorageError{StatusCode: 307, Method: "POST", Host: "s3.example:8443"},
			"clarify: POST to storage at s3.example:8443: 307 Temporary Redirect (redirects of storage are not followed)",
		},
		{
			clarify.StorageError{Method: "PUT", Host: "s3.example", Err: context.Canceled},
			"clarify: PUT to storage at s3.example: context canceled",
		},
		{
			clarify.StorageError{StatusCode: 503, Method: "PUT", Host: "s3.example", Code: "SlowDown", Err: context.DeadlineExceeded},
			"clarify: PUT to storage at s3.example: 503 Service Unavailable: SlowDown: context deadline exceeded",
		},
	} {
		for _, verb := range []string{"%v", "%+v", "%s"} {
			if got := fmt.Sprintf(verb, &tt.err); got != tt.want {
				t.Errorf("%s: %q, want %q", verb, got, tt.want)
			}
		}
		for _, verb := range []string{"%q", "%#v"} {
			if got := fmt.Sprintf(verb, &tt.err); got != fmt.Sprintf("%q", tt.want) {
				t.Errorf("%s: %s", verb, got)
			}
		}
		if tt.err.Err != nil && !errors.Is(&tt.err, tt.err.Err) {
			t.Errorf("%v is not its cause", &tt.err)
		}
	}
}

// A URL may contain hardly anything that could be a secret.
func TestAStorageURLMayBeAHostOnly(t *testing.T) {
	for _, target := range []string{"", "/", "/?", "/?a=b", "?x-id=PutObject"} {
		f := newFiles(t)
		f.send(f.storage.URL + target)
		f.put = func(w http.ResponseWriter, r *http.Request) { rejectFile(w, 400, "Bad", "a/b or c=d") }
		_, err := f.connect().DownloadAttachment(t.Context(), "deal", "d1", fileID, io.Discard)
		if failure := wantStorageError(t, err, 400); failure.Message != "a/b or c=d" {
			t.Errorf("%q: the message is %q", target, failure.Message)
		}
	}
}

// One secret may be a part of another, of which nothing may be left.
func TestNothingIsLeftOfASecret(t *testing.T) {
	f := newFiles(t)
	long := fileSignature + "-and-more-of-it"
	f.send(f.storage.URL + "/?a=" + fileSignature + "&b=" + long + "&c=" + fileSignature[:20])
	f.put = func(w http.ResponseWriter, r *http.Request) { rejectFile(w, 400, long, fileSignature+" "+long) }
	for range 10 {
		_, err := f.connect().DownloadAttachment(t.Context(), "deal", "d1", fileID, io.Discard)
		failure := wantStorageError(t, err, 400)
		wantEqual(t, "failure.Code", failure.Code, "[redacted]")
		wantEqual(t, "failure.Message", failure.Message, "[redacted] [redacted]")
	}
}

// The signature covers the bytes of the URL, so none of them may change.
func TestTheSignedURLIsUsedUnchanged(t *testing.T) {
	for _, uri := range []string{
		"/a%2Fb%20c+d/%C3%BC/%7Etilde/~/a(b)'c'!*;:@$,=",
		"/a//b/./c/../d",
		"/a?b=%2F%2f+%20&b=&&c",
		"/%61?X-Amz-SignedHeaders=host%3Bcontent-type&sig=a%2Bb%3D",
	} {
		f := newFiles(t)
		f.send(f.storage.URL + uri)
		if _, err := f.connect().UploadAttachment(t.Context(), "deal", "d1", "a", strings.NewReader("hello"), 5); err != nil {
			t.Fatal(err)
		}
		if got := f.stored()[0].URI; got != uri {
			t.Errorf("%q, want %q", got, uri)
		}
	}
}

// What a storage of its own over https is asked for is no different.
func TestStorageMayBeAnyHostOverHTTPS(t *testing.T) {
	f := newFiles(t)
	var hosts []string
	f.client.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		if strings.HasSuffix(f.api.URL, r.URL.Host) {
			return http.DefaultTransport.RoundTrip(r)
		}
		hosts = append(hosts, r.Method+" "+r.URL.Scheme+"://"+r.URL.Host)
		for name := range r.Header {
			if name != "Accept-Encoding" && name != "Content-Type" {
				t.Errorf("it has %s", name)
			}
		}
		if r.Body != nil {
			_, _ = io.Copy(io.Discard, r.Body)
		}
		return &http.Response{StatusCode: 200, Body: http.NoBody, Request: r}, nil
	})
	f.send("https://bucket.s3.example:8443" + filePath + "?" + fileQuery)
	f.media = strings.ReplaceAll(f.media, f.storage.URL, "HTTPS://other.example")
	client := f.connect()
	if _, err := client.UploadAttachment(t.Context(), "deal", "d1", "a", strings.NewReader("hello"), 5); err != nil {
		t.Fatal(err)
	}
	if _, err := client.DownloadAttachment(t.Context(), "deal", "d1", fileID, io.Discard); err != nil {
		t.Fatal(err)
	}
	if _, err := client.UploadRecording(t.Context(), "m1", "audio/mpeg", strings.NewReader("hello"), 5); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(hosts, ", "), "PUT https://bucket.s3.example:8443, GET https://bucket.s3.example:8443, POST https://other.example"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
