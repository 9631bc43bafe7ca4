// Command clarify-gen makes Go types from the schema of a Clarify workspace, with its
// own objects, fields and options.
//
//	clarify-gen pull -o schema.json
//	clarify-gen generate -schema schema.json -o crm
//
// The guide is docs/typed.md.
//
// It exits with 0 if all is well, with 1 if a command that compares found a difference,
// and with 2 if it could not do its work.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// The exit codes.
const (
	exitDone     = 0
	exitDiffers  = 1
	exitCouldNot = 2
)

// errDiffers is returned by a command that compared and has written the differences.
var errDiffers = errors.New("clarify-gen: something differs")

// environment is what a command has of the world around it.
type environment struct {
	getenv         func(string) string
	stdout, stderr io.Writer
}

// command is a subcommand.
type command struct {
	name    string
	summary string // one line
	// run does the work. It returns flag.ErrHelp after -help, and errDiffers.
	run func(ctx context.Context, env *environment, args []string) error
}

// commands are the subcommands in the order of the help.
var commands = []command{
	pullCommand,
	generateCommand,
	checkCommand,
	diffCommand,
	openapiCommand,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // A second signal ends the program.
	os.Exit(run(ctx, &environment{os.Getenv, os.Stdout, os.Stderr}, os.Args[1:]))
}

// run is the program.
func run(ctx context.Context, env *environment, args []string) int {
	name := "help"
	if len(args) > 0 {
		name = args[0]
	}
	switch name {
	case "help", "-h", "-help", "--help":
		help(env.stderr)
		if len(args) == 0 {
			return exitCouldNot
		}
		return exitDone
	}
	for _, c := range commands {
		if c.name != name {
			continue
		}
		err := c.run(ctx, env, args[1:])
		switch {
		case err == nil, errors.Is(err, flag.ErrHelp):
			return exitDone
		case errors.Is(err, errDiffers):
			return exitDiffers
		}
		fmt.Fprintln(env.stderr, "clarify-gen:", strings.TrimPrefix(err.Error(), "clarify: "))
		return exitCouldNot
	}
	fmt.Fprintf(env.stderr, "clarify-gen: unknown command %q: run clarify-gen help\n", name)
	return exitCouldNot
}

func help(w io.Writer) {
	fmt.Fprint(w, "Makes Go types from the schema of a Clarify workspace.\n\nUsage: clarify-gen COMMAND [flags]\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  %-10s %s\n", c.name, c.summary)
	}
	fmt.Fprint(w, "\nEach command has the flag -help.\n")
}

// newFlags returns the flags of a command. synopsis is what follows the name of the
// command, and about says what the command does.
func newFlags(env *environment, name, synopsis, about string) *flag.FlagSet {
	flags := flag.NewFlagSet("clarify-gen "+name, flag.ContinueOnError)
	flags.SetOutput(env.stderr)
	flags.Usage = func() {
		fmt.Fprintf(env.stderr, "Usage: clarify-gen %s %s\n\n%s\n\nFlags:\n", name, synopsis, strings.TrimSpace(about))
		flags.PrintDefaults()
	}
	return flags
}

// parseFlags parses the flags of a command that takes no other arguments.
func parseFlags(flags *flag.FlagSet, args []string) error {
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q: %s takes only flags", flags.Arg(0), strings.TrimPrefix(flags.Name(), "clarify-gen "))
	}
	return nil
}
