// Command clarify-sandbox serves a Clarify for experiments on a port of this machine:
// the API of package clarifytest, with all data in memory until it ends. Programs in any
// language can use it.
//
//	clarify-sandbox -records 10000 -seed 7 -latency 50ms -fault 'reset-after@operation=createRecord,p=0.1'
//
// It prints its URLs and credentials, and commands to paste. It logs each request to
// standard error on one line, without credentials, followed by its violations of the
// contract. An interrupt ends it after the requests in flight.
//
// The flag -help lists all flags.
package main

import (
	"context"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/clarify-go/clarify/clarifytest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errUsage):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "clarify-sandbox:", err)
		os.Exit(1)
	}
}

// run serves until ctx is done.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	options := s.options
	requests := &requestLog{w: stderr}
	if !s.quiet {
		options = append(options, clarifytest.WithLog(requests.add))
	}
	srv, err := clarifytest.Start(options...)
	if err != nil {
		return err
	}
	defer srv.Close()
	if s.certificate != "" {
		encoded := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
		if err := os.WriteFile(s.certificate, encoded, 0o644); err != nil {
			return fmt.Errorf("writing the certificate: %w", err)
		}
	}
	requests.begin(srv)
	var seeded clarifytest.Seeded
	ready := make(chan struct{})
	go func() {
		seeded = srv.Seed(nil, s.records)
		close(ready)
	}()
	select {
	case <-ready:
	case <-ctx.Done():
		return nil
	}
	for i, fault := range s.faults {
		fault.inject(srv, s.seed+uint64(i))
	}
	if err := introduce(stdout, srv, s, seeded); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
