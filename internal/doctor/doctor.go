package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/contract"
	"github.com/clarify-go/clarify/internal/doctor/report"
)

// Options configure a run.
type Options struct {
	Workspace string
	// BaseURL stands before /workspaces/…. It is the API's own if empty.
	BaseURL string
	// One of these two is the credential.
	APIKey, AccessToken string
	// Write also checks writes, in custom objects that are created and removed.
	Write bool
	// Records is how many records of each object are checked, at least 1.
	Records int
	// Patience is how long a change of schemas, and at the end the removal of the
	// objects, may take.
	Patience time.Duration
	// Version is that of this module.
	Version string
	// Transport sends the requests. If nil, it is that of net/http, which takes the
	// proxy from the environment.
	Transport http.RoundTripper
	// Progress is called with the name of each check before it begins, if not nil.
	Progress func(check string)
	// Failed is called with the error that ended a check, if not nil. The error may
	// contain names of the workspace.
	Failed func(check string, err error)
	// Leftover is called with the name of each object that was created and could not be
	// removed, if not nil.
	Leftover func(object string, err error)
}

// doctor checks the API through one workspace.
type doctor struct {
	options  Options
	base     string // the URL before /workspaces/…
	contract *contract.Contract
	names    *report.Names
	report   *report.Report
	decoder  *decoder
	recorder *recorder
	client   *clarify.Client
	sender   *gen.Client // of client, for requests of the doctor's own making

	mu sync.Mutex // held while a response is inspected: some are read in advance
	workspace
}

// newDoctor returns a doctor that has sent nothing yet.
func newDoctor(o Options) (*doctor, error) {
	known, err := contract.Load()
	if err != nil {
		return nil, err
	}
	d := &doctor{
		options:  o,
		contract: known,
		names:    report.NewNames(known.Members(), operationIDs(known), builtInNames(), keywords, trialNames),
		report:   report.New(o.Version, runtime.Version(), o.Write),
		decoder:  newDecoder(),
	}
	transport := o.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	d.recorder = &recorder{next: transport, contract: known, seen: d.inspect, now: time.Now}
	if o.Write {
		d.recorder.mayWrite = d.trial.mayWrite
	}
	auth := authn.APIKey(o.APIKey)
	if o.AccessToken != "" {
		auth = authn.Bearer(o.AccessToken)
	}
	d.client, d.sender, err = d.newClient(auth)
	return d, err
}

// newClient returns a client with another credential, and the generated client in
// it, which passes the same retries, rate limit and guard.
func (d *doctor) newClient(auth authn.RequestEditorFn) (*clarify.Client, *gen.Client, error) {
	options := []clarify.Option{
		clarify.WithHTTPClient(&http.Client{Transport: d.recorder, Timeout: time.Minute}),
		clarify.WithUserAgent("clarify-doctor/" + d.options.Version),
		// Report a lasting fault rather than wait for its end.
		clarify.WithRetries(1),
	}
	if d.options.BaseURL != "" {
		options = append(options, clarify.WithBaseURL(d.options.BaseURL))
	}
	client, err := clarify.New(d.options.Workspace, auth, options...)
	if err != nil {
		return nil, nil, err
	}
	sender, ok := client.ClientInterface.(*gen.Client)
	if !ok {
		return nil, nil, errors.New("clarify-doctor: the client is not the generated one")
	}
	server, err := url.Parse(sender.Server)
	if err != nil {
		return nil, nil, err
	}
	d.recorder.path = server.EscapedPath()
	d.base, _, _ = strings.Cut(sender.Server, "/workspaces/")
	return client, sender, nil
}

// get sends a read to an operation, with its path parameters in order, and returns
// the response whatever its status is. An error is one of the connection.
func (d *doctor) get(ctx context.Context, operation string, query url.Values, path ...string) (*exchange, error) {
	return d.send(ctx, d.sender, operation, query, nil, path...)
}

// send sends a request and returns the response to its last attempt.
func (d *doctor) send(ctx context.Context, sender *gen.Client, operation string, query url.Values, body []byte, path ...string) (*exchange, error) {
	request, err := d.request(operation, query, body, path...)
	if err != nil {
		return nil, err
	}
	into := new(slot)
	response, err := sender.Client.Do(request.WithContext(context.WithValue(ctx, slotKey{}, into)))
	if response != nil {
		_ = response.Body.Close()
	}
	if into.latest == nil {
		if err == nil {
			err = errors.New("no response")
		}
		return nil, fmt.Errorf("clarify-doctor: %s: %w", operation, err)
	}
	return into.latest, nil
}
