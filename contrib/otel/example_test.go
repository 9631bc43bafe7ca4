package clarifyotel_test

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/authn"
	"github.com/clarify-go/clarify/clarifytest"
	clarifyotel "github.com/clarify-go/clarify/contrib/otel"
)

func ExampleNewObserver() {
	sandbox := clarifytest.NewServer()
	defer sandbox.Close()
	auth := authn.APIKey(sandbox.APIKey)

	// A program has an exporter and a reader that send to a collector.
	spans := tracetest.NewSpanRecorder()
	traces := trace.NewTracerProvider(trace.WithSpanProcessor(spans))
	meters := metric.NewMeterProvider(metric.WithReader(metric.NewManualReader()))

	observer := clarifyotel.NewObserver(clarifyotel.WithTracerProvider(traces), clarifyotel.WithMeterProvider(meters))
	client, err := clarify.New("acme", auth, clarify.WithObserver(observer), clarify.WithBaseURL(sandbox.BaseURL))
	if err != nil {
		log.Fatal(err)
	}
	_, err = clarify.People(client).Get(context.Background(), "nobody")
	fmt.Println(err != nil)
	for _, span := range spans.Ended() {
		fmt.Println(span.Name())
	}
	// Output:
	// true
	// GET /objects/{object}/resources/{id}
	// getResource person
}

func ExampleWithoutAttempts() {
	traced := http.DefaultTransport // otelhttp.NewTransport(http.DefaultTransport)
	hc := &http.Client{Transport: traced}
	observer := clarifyotel.NewObserver(clarifyotel.WithoutAttempts())
	client, err := clarify.New("acme", authn.APIKeyFromEnv(), clarify.WithHTTPClient(hc), clarify.WithObserver(observer))
	if err != nil {
		log.Fatal(err)
	}
	_ = client
}
