// Command clarify-mirror keeps a database equal to a Clarify workspace, queries it
// in SQL, and makes backups and restores them.
//
//	clarify-mirror run -db crm.sqlite
//	clarify-mirror sql -db crm.sqlite "select stage, count(*) from deal group by stage"
//	clarify-mirror backup -dir backup
//
// The guide is docs/clarify-mirror.md.
//
// It exits with 0 if all is well, with 1 if it failed or was interrupted, with 2 if it was
// called in a wrong way, and with 3 if verify found differences that are not repaired.
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

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/internal/connect"
)

// The exit codes.
const (
	exitDone    = 0
	exitFailed  = 1
	exitUsage   = 2
	exitDiffers = 3
)

// errDiffers is returned by a command that has written the differences.
var errDiffers = errors.New("clarify-mirror: the mirror differs")

// usageError is a wrong call of the program.
type usageError struct{ error }

func misuse(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// environment is what a command has of the world around it.
type environment struct {
	getenv         func(string) string
	stdout, stderr io.Writer
}

// command is a subcommand.
type command struct {
	name    string
	summary string // one line
	run     func(ctx context.Context, env *environment, args []string) error
}

// commands are the subcommands in the order of the help.
var commands = []command{
	{"run", "bring a database up to date, once or again and again", runMirror},
	{"status", "say what a database has", status},
	{"sql", "ask a database in SQL", askSQL},
	{"export", "write the tables of a database to files", export},
	{"verify", "compare a database with the workspace, and repair it", verify},
	{"backup", "write the workspace to a directory", writeBackup},
	{"restore", "write a backup into an empty workspace", restoreBackup},
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
			return exitUsage
		}
		return exitDone
	}
	for _, c := range commands {
		if c.name != name {
			continue
		}
		err := c.run(ctx, env, args[1:])
		var usage usageError
		switch {
		case err == nil, errors.Is(err, flag.ErrHelp):
			return exitDone
		case errors.Is(err, errDiffers):
			return exitDiffers
		case ctx.Err() != nil:
			fmt.Fprintln(env.stderr, "clarify-mirror: interrupted: run it again to resume")
			return exitFailed
		}
		text := err.Error()
		for _, prefix := range []string{"clarify: ", "mirror: ", "backup: "} {
			text = strings.TrimPrefix(text, prefix)
		}
		fmt.Fprintln(env.stderr, "clarify-mirror:", text)
		if errors.As(err, &usage) {
			return exitUsage
		}
		return exitFailed
	}
	fmt.Fprintf(env.stderr, "clarify-mirror: unknown command %q: run clarify-mirror help\n", name)
	return exitUsage
}

func help(w io.Writer) {
	fmt.Fprint(w, "Keeps a database equal to a Clarify workspace.\n\nUsage: clarify-mirror COMMAND [flags]\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  %-9s %s\n", c.name, c.summary)
	}
	fmt.Fprint(w, "\nEach command has the flag -help.\n\n"+
		"Exit codes: 0 if all is well, 1 if it failed or was interrupted, 2 if it was called in a\n"+
		"wrong way, 3 if verify found differences that are not repaired.\n")
}

// newFlags returns the flags of a command. synopsis is what follows the name of the
// command, and about says what the command does.
func newFlags(env *environment, name, synopsis, about string) *flag.FlagSet {
	flags := flag.NewFlagSet("clarify-mirror "+name, flag.ContinueOnError)
	flags.SetOutput(env.stderr)
	flags.Usage = func() {
		fmt.Fprintf(env.stderr, "Usage: clarify-mirror %s %s\n\n%s\n\nFlags:\n", name, synopsis, strings.TrimSpace(about))
		flags.PrintDefaults()
	}
	return flags
}

// parseFlags parses the flags of a command that takes n other arguments.
func parseFlags(flags *flag.FlagSet, args []string, n int) error {
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return err
	} else if err != nil {
		return usageError{err}
	}
	name := strings.TrimPrefix(flags.Name(), "clarify-mirror ")
	switch {
	case flags.NArg() > n && n == 0:
		return misuse("unexpected argument %q: %s takes only flags", flags.Arg(0), name)
	case flags.NArg() != n:
		return misuse("%s takes %d argument after the flags, not %d", name, n, flags.NArg())
	}
	return nil
}

// connected returns a client of the workspace that the environment names.
func connected(env *environment) (*clarify.Client, connect.Workspace, error) {
	workspace, err := connect.FromEnvironment(env.getenv)
	if err != nil {
		return nil, workspace, usageError{err}
	}
	client, err := workspace.Client()
	if err != nil {
		return nil, workspace, usageError{err}
	}
	return client, workspace, nil
}
