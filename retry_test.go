package clarify_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/gen"
)

// calls are requests of every kind, by what they are.
var calls = map[string]func(context.Context, *clarify.Client) error{
	"read": func(ctx context.Context, c *clarify.Client) error {
		_, err := c.GetResourcesWithResponse(ctx, "person", nil)
		return err
	},
	"read by POST": func(ctx context.Context, c *clarify.Client) error {
		_, err := c.GetRecordingArtifactsWithResponse(ctx, "m", "r", nil)
		return err
	},
	"delete": func(ctx context.Context, c *clarify.Client) error {
		_, err := c.DeleteRecordWithResponse(ctx, "person", "x", nil)
		return err
	},
	"delete with a body": func(ctx context.Context, c *clarify.Client) error {
		_, err := c.DeleteRecordsWithResponse(ctx, "person", nil, gen.DeleteRecordsRequest{Items: []string{"x"}})
		return err
	},
	"replacing PUT": func(ctx context.Context, c *clarify.Client) error {
		_, err := c.UpdateEntitySchemaWithResponse(ctx, "c_vehicle", nil, gen.Object{})
		return err
	},
	"upsert": func(ctx context.Context, c *clarify.Client) error {
		_, err := c.CreateRecordWithResponse(ctx, "person", nil, gen.CreateRecordRequest{MatchOn: ptr("email_addresses")})
		return err
	},
	"create": func(ctx context.Context, c *clarify.Client) error {
		_, err := c.CreateRecordWithResponse(ctx, "person", nil, gen.CreateRecordRequest{})
		return err
	},
	"create with an attribute called match_on": func(ctx context.Context, c *clarify.Client) error {
		_, err := c.CreateRecordWithResponse(ctx, "person", nil, gen.CreateRecordRequest{Data: gen.NewRecord{Attributes: gen.Attributes{"match_on": "name"}}})
		return err
	},
	"update": func(ctx context.Context, c *clarify.Client) error {
		_, err := c.UpdateRecordWithResponse(ctx, "person", "x", nil, gen.UpdateRecordRequest{})
		return err
	},
	"schema change": func(ctx context.Context, c *clarify.Client) error {
		_, err := c.CreateSchemaPropertiesWithResponse(ctx, "person", nil, gen.CreateFieldsRequest{})
		return err
	},
}

func init() {
	for name, call := range calls {
		calls[name] = func(ctx context.Context, c *clarify.Client) error {
			err := call(ctx, c)
			note(err)
			return err
		}
	}
}

func ptr[T any](v T) *T { return &v }

func TestWhichRequestsAreRetriedAfterWhichFailure(t *testing.T) {
	safe := []string{"read", "read by POST", "delete", "delete with a body", "replacing PUT", "upsert"}
	all := append([]string{"create", "create with an attribute called match_on", "update", "schema change"}, safe...)
	fail := func(status int, headers ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			respond(w, status, `{"errors":[{"status":"x","detail":"no"}]}`, headers...)
		}
	}
	for _, failure := range []struct {
		name     string
		fail     http.HandlerFunc
		repeated []string
		// unknown is whether the outcome of a write that is not retried is unknown.
		unknown bool
	}{
		{"429 with Retry-After", fail(429, "Retry-After", "2"), all, false},
		{"429 without Retry-After", fail(429), all, false},
		{"429 with the rate limit's reset", fail(429, "X-RateLimit-Reset", "3", "X-RateLimit-Remaining", "0"), all, false},
		{"429 that asks for too long", fail(429, "Retry-After", "3600"), nil, false},
		{"502", fail(502), safe, true},
		{"503", fail(503), safe, true},
		{"503 with Retry-After", fail(503, "Retry-After", "2"), safe, true},
		{"504", fail(504), safe, true},
		{"500", fail(500), safe, true},
		{"400", fail(400), nil, false},
		{"401", fail(401), nil, false},
		{"403", fail(403), nil, false},
		{"404", fail(404), nil, false},
		{"409", fail(409), []string{"schema change", "replacing PUT"}, false},
		{"422", fail(422), nil, false},
		{"no response", func(w http.ResponseWriter, r *http.Request) { hangUp(w) }, safe, true},
		{"a response that breaks off", func(w http.ResponseWriter, r *http.Request) {
			respond(w, 200, `{"data":`, "Content-Length", "100")
		}, safe, true},
	} {
		for name, call := range calls {
			runSynctest(t, failure.name+"/"+name, func(t *testing.T) {
				server := serve(t, failure.fail)
				err := call(t.Context(), server.connect(t, clarify.WithRetries(2)))
				want := 1
				if slices.Contains(failure.repeated, name) {
					want = 3
				}
				requests := server.requests()
				wantEqual(t, "requests", len(requests), want)
				for _, r := range requests {
					wantEqual(t, "method of a repetition", r.Method, requests[0].Method)
					wantEqual(t, "URI of a repetition", r.URI, requests[0].URI)
					wantEqual(t, "body of a repetition", r.Body, requests[0].Body)
				}
				wantEqual(t, "attempts", asError(t, err).Attempts, want)
				write := !strings.HasPrefix(name, "read")
				wantIs(t, err, clarify.ErrOutcomeUnknown, failure.unknown && write)
			})
		}
	}
}

func TestAnythingThatWasNotSentIsRetried(t *testing.T) {
	for name, call := range calls {
		runSynctest(t, name, func(t *testing.T) {
			server := serve(t, func(w http.ResponseWriter, r *http.Request) { respond(w, 200, oneRecord) })
			server.refuse(true)
			client := server.connect(t)
			err := call(t.Context(), client)
			wantEqual(t, "attempts", asError(t, err).Attempts, 4)
			wantIs(t, err, clarify.ErrOutcomeUnknown, false)
			time.AfterFunc(time.Millisecond, func() { server.refuse(false) })
			// The record in the response is none that each of the calls expects.
			if err := call(t.Context(), client); err != nil {
				mentions(t, err, "what the contract says")
			}
			wantEqual(t, "requests", len(server.requests()), 1)
		})
	}
}

func TestRetriesEndWithSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if n++; n < 3 {
				respond(w, 503, "")
				return
			}
			respond(w, 200, emptyPage)
		})
		res, err := server.connect(t).GetResourcesWithResponse(t.Context(), "person", nil)
		if err != nil {
			t.Fatal(err)
		}
		if res.JSON200 == nil {
			t.Error("the response is not decoded")
		}
		wantEqual(t, "requests", n, 3)
	})
}

func TestDelaysAreAsLongAsTheAPIAsks(t *testing.T) {
	for _, tt := range []struct {
		name    string
		headers func(now time.Time) []string
		atLeast time.Duration
		atMost  time.Duration
	}{
		{"seconds", func(time.Time) []string { return []string{"Retry-After", "7"} }, 7 * time.Second, 8 * time.Second},
		{"a date", func(now time.Time) []string {
			return []string{"Retry-After", now.Add(20 * time.Second).UTC().Format(http.TimeFormat)}
		}, 19 * time.Second, 21 * time.Second},
		{"the reset", func(time.Time) []string { return []string{"X-RateLimit-Reset", "11"} }, 11 * time.Second, 12 * time.Second},
		{"nothing", func(time.Time) []string { return nil }, 0, time.Second},
		{"nonsense", func(time.Time) []string { return []string{"Retry-After", "soon", "X-RateLimit-Reset", "-1"} }, 0, time.Second},
	} {
		runSynctest(t, tt.name, func(t *testing.T) {
			refused := false
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if !refused {
					refused = true
					respond(w, 429, "", tt.headers(time.Now())...)
					return
				}
				respond(w, 201, oneRecord)
			})
			began := time.Now()
			if err := calls["create"](t.Context(), server.connect(t)); err != nil {
				t.Fatal(err)
			}
			took := time.Since(began)
			if took < tt.atLeast {
				t.Errorf("waited %v, want %v to %v", took, tt.atLeast, tt.atMost)
			}
			if took > tt.atMost {
				t.Errorf("waited %v, want %v to %v", took, tt.atLeast, tt.atMost)
			}
		})
	}
}

func TestAnErrorSaysHowLongToWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) { respond(w, 429, "", "Retry-After", "3600") })
		err := calls["read"](t.Context(), server.connect(t))
		wantEqual(t, "RetryAfter", asError(t, err).RetryAfter, time.Hour)
		mentions(t, err, "retry in 1h0m0s")
	})
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) { respond(w, 429, "", "Retry-After", "30") })
		client := server.connect(t)

		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		began := time.Now()
		err := calls["create"](ctx, client)
		wantEqual(t, "time until the context is canceled", time.Since(began), time.Second)
		wantIs(t, err, context.Canceled, true)
		wantIs(t, err, clarify.ErrOutcomeUnknown, false)
		wantEqual(t, "attempts", asError(t, err).Attempts, 1)

		// There is no point in waiting for what comes too late.
		ctx, cancel = context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began = time.Now()
		err = calls["create"](ctx, client)
		wantEqual(t, "time with a deadline that is too near", time.Since(began), 0)
		wantIs(t, err, clarify.ErrRateLimited, true)
	})
}

func TestAFailureBeforeAnEarlyDeadlineIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := serve(t, nil)
		server.refuse(true)
		ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
		defer cancel()
		err := calls["create"](ctx, server.connect(t))
		mentions(t, err, "connection refused")
		wantEqual(t, "attempts", asError(t, err).Attempts, 1)
	})
}

func TestTheDelaysOfACallAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) { respond(w, 429, "", "Retry-After", "85") })
		began := time.Now()
		err := calls["read"](t.Context(), server.connect(t, clarify.WithRetries(10)))
		wantIs(t, err, clarify.ErrRateLimited, true)
		wantEqual(t, "attempts", asError(t, err).Attempts, 3)
		if took := time.Since(began); took > 4*time.Minute {
			t.Errorf("it took %v, want at most 4m", took)
		}
	})
}

func TestACallIsCanceledAtEachStage(t *testing.T) {
	for name, handle := range map[string]func(*http.Request, http.ResponseWriter){
		"before the response": func(r *http.Request, _ http.ResponseWriter) { <-r.Context().Done() },
		"in the middle of the response": func(r *http.Request, w http.ResponseWriter) {
			respond(w, 200, `{"data":`)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
	} {
		for _, kind := range []string{"read", "create"} {
			runSynctest(t, name+"/"+kind, func(t *testing.T) {
				server := serve(t, func(w http.ResponseWriter, r *http.Request) { handle(r, w) })
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				err := calls[kind](ctx, server.connect(t))
				wantIs(t, err, context.DeadlineExceeded, true)
				wantIs(t, err, clarify.ErrOutcomeUnknown, kind == "create")
				wantEqual(t, "requests", len(server.requests()), 1)
			})
		}
	}
	runSynctest(t, "before anything", func(t *testing.T) {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) { respond(w, 200, oneRecord) })
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := calls["create"](ctx, server.connect(t))
		wantIs(t, err, context.Canceled, true)
		wantIs(t, err, clarify.ErrOutcomeUnknown, false)
		wantEqual(t, "requests", len(server.requests()), 0)
	})
	for name, cancelled := range map[string]bool{"before the credential": true, "with the credential": false} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if cancelled {
				cancel()
			}
			asked := 0
			auth := func(_ context.Context, req *http.Request) error {
				asked++
				cancel()
				return authn.APIKey(testKey)(context.Background(), req)
			}
			// A transport that does not look at the context.
			sent := roundTripper(func(*http.Request) (*http.Response, error) {
				t.Error("a request was sent")
				return nil, errors.New("sent")
			})
			client, err := clarify.New("acme", auth, clarify.WithHTTPClient(&http.Client{Transport: sent}))
			if err != nil {
				t.Fatal(err)
			}
			err = calls["create"](ctx, client)
			wantIs(t, err, context.Canceled, true)
			wantIs(t, err, clarify.ErrOutcomeUnknown, false)
			if cancelled {
				wantEqual(t, "credentials", asked, 0)
			}
		})
	}
}

func TestARetriedDeleteThatFindsNothingMentionsTheEarlierAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if n++; n == 1 {
				hangUp(w)
				return
			}
			respond(w, 404, `{"errors":[{"status":"404","detail":"no such record"}]}`)
		})
		err := calls["delete"](t.Context(), server.connect(t))
		wantEqual(t, "attempts", asError(t, err).Attempts, 2)
		wantIs(t, err, clarify.ErrNotFound, true)
		mentions(t, err, "earlier attempt")
	})
}
