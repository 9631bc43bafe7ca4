// Command drift compares the vendor's OpenAPI document with openapi.yaml, and
// says what differs that is not known yet.
//
//	go run . https://api.clarify.ai/swagger-json
//	go run . -markdown ../../openapi.yaml
//
// The argument is a file or a URL, of JSON or YAML. The documents may be written in
// different styles, as the vendor's is; only what they say is compared. Each
// difference is classified as breaking for a Go user or not. Those that
// known.yaml lists with a reason are counted and not shown.
//
// The exit status is 0 if nothing is new, 1 if something is, and 2 if the documents
// cannot be compared.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("drift", flag.ContinueOnError)
	flags.SetOutput(stderr)
	contract := flags.String("contract", "../../openapi.yaml", "the `file` of the contract")
	knownFile := flags.String("known", "known.yaml", "the `file` that lists the differences that are known")
	markdown := flags.Bool("markdown", false, "print the report as Markdown, for an issue")
	all := flags.Bool("all", false, "show the differences that are known, too")
	flags.Usage = func() {
		fmt.Fprintln(stderr, "Usage: drift [flags] VENDOR\n\nCompares the vendor's OpenAPI document, a file or a URL, with the contract.\n\nFlags:")
		flags.PrintDefaults()
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() != 1 || flags.Arg(0) == "":
		fmt.Fprintln(stderr, "drift: name one document to compare with, such as https://api.clarify.ai/swagger-json")
		return 2
	}
	report, err := examine(ctx, *contract, flags.Arg(0), *knownFile)
	if err != nil {
		fmt.Fprintln(stderr, "drift:", err)
		return 2
	}
	report.write(stdout, *markdown, *all)
	if len(report.fresh) > 0 {
		return 1
	}
	return 0
}

// examine compares two documents and sorts out what is known.
func examine(ctx context.Context, contract, vendor, knownFile string) (*report, error) {
	known, err := readKnown(knownFile)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(contract)
	if err != nil {
		return nil, err
	}
	base, err := parse(contract, text)
	if err != nil {
		return nil, err
	}
	if text, err = fetch(ctx, vendor); err != nil {
		return nil, err
	}
	revision, err := parse(vendor, text)
	if err != nil {
		return nil, err
	}
	found, err := compare(base, revision)
	if err != nil {
		return nil, err
	}
	return sortOut(found, known), nil
}
