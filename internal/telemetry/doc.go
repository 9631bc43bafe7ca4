// Package telemetry tests contrib/otel with what its users have beside it: otelhttp, and
// Prometheus with the dashboard and the alerts in docs. It is a module of its own so that
// these users download only what they have.
package telemetry
