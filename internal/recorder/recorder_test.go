package recorder_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/dnaeon/go-vcr.v4/pkg/cassette"
	"gopkg.in/dnaeon/go-vcr.v4/pkg/recorder"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
)

// withRecorder returns a client whose responses a recorder keeps in a file, or has
// from one.
func withRecorder(t *testing.T, baseURL, workspace, key, file string, mode recorder.Mode) (client *clarify.Client, stop func()) {
	t.Helper()
	rec, err := recorder.New(file,
		recorder.WithMode(mode),
		recorder.WithSkipRequestLatency(true),
		// The credential must not be in the file.
		recorder.WithHook(func(i *cassette.Interaction) error {
			delete(i.Request.Headers, "Authorization")
			return nil
		}, recorder.AfterCaptureHook),
		recorder.WithMatcher(cassette.NewDefaultMatcher(cassette.WithIgnoreAuthorization(), cassette.WithIgnoreUserAgent())),
	)
	if err != nil {
		t.Fatal(err)
	}
	client, err = clarify.New(workspace, authn.APIKey(key),
		clarify.WithBaseURL(baseURL), clarify.WithHTTPClient(&http.Client{Transport: rec}),
		// A replay is no request that the API counts.
		clarify.WithLimiter(clarify.NewLimiter()))
	if err != nil {
		t.Fatal(err)
	}
	return client, func() {
		if err := rec.Stop(); err != nil {
			t.Error(err)
		}
	}
}

// use is what a test does with a client.
func use(t *testing.T, client *clarify.Client) string {
	t.Helper()
	people := clarify.People(client)
	made, err := people.Create(t.Context(), clarify.Person{Name: clarify.Name{FirstName: "Ada"}, EmailAddresses: clarify.Collection{"ada@example.com"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := people.Update(t.Context(), made.ID, clarify.Fields{"job_title": "Engineer"}); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for person, err := range people.All(t.Context(), clarify.Where("job_title", clarify.Is, "Engineer")) {
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, person.ID, person.Attributes.Name.FirstName, person.Attributes.JobTitle)
	}
	return b.String()
}

func TestARecordingIsReplayedWithoutTheAPI(t *testing.T) {
	file := filepath.Join(t.TempDir(), "people")
	srv := clarifytest.NewServer(clarifytest.WithTB(t))
	client, stop := withRecorder(t, srv.BaseURL, srv.Workspace, srv.APIKey, file, recorder.ModeRecordOnly)
	recorded := use(t, client)
	stop()
	srv.Close()
	if recorded == "" {
		t.Fatal("nothing was read")
	}

	text, err := os.ReadFile(file + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), srv.APIKey) {
		t.Error("the recording has the credential")
	}

	client, stop = withRecorder(t, srv.BaseURL, srv.Workspace, "another-key", file, recorder.ModeReplayOnly)
	defer stop()
	if replayed := use(t, client); replayed != recorded {
		t.Errorf("replayed %q, recorded %q", replayed, recorded)
	}
}
