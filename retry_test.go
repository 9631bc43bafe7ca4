package clarify_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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

func TestWhatIsRepeatedAfterWhichFailure(t *testing.T) {
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
		// unknown is whether the outcome of a write that is not repeated is.
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
		{"500", fail(500), nil, true},
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
			t.Run(failure.name+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					server := serve(t, failure.fail)
					err := call(t.Context(), server.connect(t, clarify.WithRetries(2)))
					repeated := false
					for _, r := range failure.repeated {
						repeated = repeated || r == name
					}
					want := 1
					if repeated {
						want = 3
					}
					requests := server.requests()
					if len(requests) != want {
						t.Errorf("%d requests arrived, want %d", len(requests), want)
					}
					for _, r := range requests {
						if first := requests[0]; r.Method != first.Method || r.URI != first.URI || r.Body != first.Body {
							t.Errorf("a repetition sent %+v, the first attempt %+v", r, first)
						}
					}
					var e *clarify.Error
					if !errors.As(err, &e) || e.Attempts != want {
						t.Fatalf("%d attempts, %v", e.Attempts, err)
					}
					write := !strings.HasPrefix(name, "read")
					if unknown := failure.unknown && write; errors.Is(err, clarify.ErrOutcomeUnknown) != unknown {
						t.Errorf("the outcome is unknown should be %v: %v", unknown, err)
					}
				})
			})
		}
	}
}

func TestNothingWasSentSoAnythingIsRepeated(t *testing.T) {
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := serve(t, func(w http.ResponseWriter, r *http.Request) { respond(w, 200, oneRecord) })
				server.refuse(true)
				client := server.connect(t)
				err := call(t.Context(), client)
				var e *clarify.Error
				if !errors.As(err, &e) || e.Attempts != 4 || errors.Is(err, clarify.ErrOutcomeUnknown) {
					t.Errorf("%v", err)
				}
				time.AfterFunc(time.Millisecond, func() { server.refuse(false) })
				if err := call(t.Context(), client); err != nil && !strings.Contains(err.Error(), "what the contract says") {
					t.Errorf("once the server is back: %v", err)
				}
				if n := len(server.requests()); n != 1 {
					t.Errorf("%d requests arrived", n)
				}
			})
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
		if err != nil || res.JSON200 == nil || n != 3 {
			t.Errorf("%d requests, %v", n, err)
		}
	})
}

func TestWaitsAreAsLongAsTheAPIAsks(t *testing.T) {
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
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
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
				if took := time.Since(began); took < tt.atLeast || took > tt.atMost {
					t.Errorf("waited %v, want %v to %v", took, tt.atLeast, tt.atMost)
				}
			})
		})
	}
}

func TestAnErrorSaysHowLongToWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) { respond(w, 429, "", "Retry-After", "3600") })
		var e *clarify.Error
		err := calls["read"](t.Context(), server.connect(t))
		if !errors.As(err, &e) || e.RetryAfter != time.Hour || !strings.Contains(err.Error(), "try again in 1h0m0s") {
			t.Errorf("%v", err)
		}
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
		if !errors.Is(err, context.Canceled) || time.Since(began) != time.Second || errors.Is(err, clarify.ErrOutcomeUnknown) {
			t.Errorf("after %v: %v", time.Since(began), err)
		}

		// There is no point in waiting for what comes too late.
		ctx, cancel = context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began = time.Now()
		err = calls["create"](ctx, client)
		if !errors.Is(err, clarify.ErrRateLimited) || time.Since(began) != 0 {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

func TestACallIsCancelledAtEachStage(t *testing.T) {
	for name, handle := range map[string]func(*http.Request, http.ResponseWriter){
		"before the response": func(r *http.Request, _ http.ResponseWriter) { <-r.Context().Done() },
		"in the middle of the response": func(r *http.Request, w http.ResponseWriter) {
			respond(w, 200, `{"data":`)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
	} {
		for _, kind := range []string{"read", "create"} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					server := serve(t, func(w http.ResponseWriter, r *http.Request) { handle(r, w) })
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					defer cancel()
					err := calls[kind](ctx, server.connect(t))
					if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, clarify.ErrOutcomeUnknown) != (kind == "create") {
						t.Errorf("%v", err)
					}
					if n := len(server.requests()); n != 1 {
						t.Errorf("%d requests arrived", n)
					}
				})
			})
		}
	}
	t.Run("before anything", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			server := serve(t, func(w http.ResponseWriter, r *http.Request) { respond(w, 200, oneRecord) })
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			err := calls["create"](ctx, server.connect(t))
			if !errors.Is(err, context.Canceled) || errors.Is(err, clarify.ErrOutcomeUnknown) || len(server.requests()) != 0 {
				t.Errorf("%v", err)
			}
		})
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
			if !errors.Is(err, context.Canceled) || errors.Is(err, clarify.ErrOutcomeUnknown) || cancelled && asked > 0 {
				t.Errorf("after %d credentials: %v", asked, err)
			}
		})
	}
}

func TestARepeatedDeleteThatFindsNothingSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if n++; n == 1 {
				hangUp(w)
				return
			}
			respond(w, 404, `{"errors":[{"status":"404","detail":"no such record"}]}`)
		})
		var e *clarify.Error
		err := calls["delete"](t.Context(), server.connect(t))
		if !errors.As(err, &e) || !errors.Is(err, clarify.ErrNotFound) || e.Attempts != 2 || !strings.Contains(err.Error(), "earlier attempt") {
			t.Errorf("%v", err)
		}
	})
}

func TestRequestsWaitForTheResetOfTheirEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				respond(w, 200, emptyPage, "X-RateLimit-Limit", "3000", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "40")
				return
			}
			respond(w, 201, oneRecord, "X-RateLimit-Limit", "3000", "X-RateLimit-Remaining", "2999", "X-RateLimit-Reset", "60")
		})
		client := server.connect(t)
		began := time.Now()
		for i := range 3 {
			if err := calls["read"](t.Context(), client); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took != time.Duration(i)*40*time.Second {
				t.Errorf("request %d was sent after %v", i+1, took)
			}
		}
		at := time.Now()
		if err := calls["create"](t.Context(), client); err != nil || time.Since(at) != 0 {
			t.Errorf("another endpoint was held up for %v, %v", time.Since(at), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		sent := len(server.requests())
		if err := calls["read"](ctx, client); !errors.Is(err, context.DeadlineExceeded) || len(server.requests()) != sent {
			t.Errorf("held back, with a context that ends: %v", err)
		}
	})
}

// The headers foretell that there is room for two more: of ten requests at
// once no more than two may go out before the reset.
func TestNoMoreAreSentThanTheHeadersForetell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const window = 60 * time.Second
		var times []time.Time
		server := serve(t, nil)
		server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			server.mu.Lock()
			now := time.Now()
			recent := 0
			for _, at := range times {
				if now.Sub(at) < window {
					recent++
				}
			}
			times = append(times, now)
			server.mu.Unlock()
			if recent >= 3 {
				respond(w, 429, "", "X-RateLimit-Limit", "3", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "60")
				t.Error("a request was sent for which there was no room")
				return
			}
			respond(w, 200, emptyPage, "X-RateLimit-Limit", "3", "X-RateLimit-Remaining", fmt.Sprint(2-recent), "X-RateLimit-Reset", "60")
		})
		client := server.connect(t)
		if err := calls["read"](t.Context(), client); err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		for range 2 {
			go func() { done <- calls["read"](t.Context(), client) }()
		}
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
}
