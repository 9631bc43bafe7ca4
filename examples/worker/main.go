// Command worker imports a file of people as jobs of River, and shows on a page how far
// they are. Start it several times: the processes share the work. Kill any of them at
// any time, and start it again: at the end every row is in exactly once.
//
//	worker -rows 1000000 -listen 127.0.0.1:8080
//
// The first process that runs divides the file into parts, and inserts a job for each.
// A job that is interrupted resumes where its progress was saved, and that is saved in
// the same transaction as a row for each record that is in. If there is no file, it makes
// one up.
//
// It needs a PostgreSQL database, in DATABASE_URL, and a workspace: CLARIFY_WORKSPACE and
// CLARIFY_API_KEY or CLARIFY_ACCESS_TOKEN, and CLARIFY_BASE_URL for a sandbox that
// clarify-sandbox serves.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/clarify-go/clarify/internal/connect"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return
	case errors.Is(err, errUsage):
		os.Exit(2)
	}
	fmt.Fprintln(os.Stderr, "worker:", err)
	os.Exit(1)
}

// errUsage is returned for wrong arguments, after they have been explained.
var errUsage = errors.New("wrong arguments")

type settings struct {
	file       string
	rows, part int
	listen     string
	slice      time.Duration
	rescue     time.Duration
}

func parse(args []string, stderr io.Writer) (*settings, error) {
	s := &settings{}
	flags := flag.NewFlagSet("worker", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&s.file, "file", filepath.Join(os.TempDir(), "clarify-people.csv"), "the CSV `file` with names and email addresses to import")
	flags.IntVar(&s.rows, "rows", 1_000_000, "how many rows the file has, and how many are made up if there is none")
	flags.IntVar(&s.part, "part", 50_000, "how many rows a job has")
	flags.StringVar(&s.listen, "listen", "127.0.0.1:0", "the `address` of the page")
	flags.DurationVar(&s.slice, "slice", 30*time.Second, "how long a job runs until others go first")
	flags.DurationVar(&s.rescue, "rescue", 2*time.Minute, "when the jobs of a killed process are taken over")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, errUsage
	}
	if flags.NArg() > 0 || s.rows < 1 || s.part < 1 || s.slice <= 0 || s.rescue <= 0 {
		fmt.Fprintln(stderr, "worker: it takes no arguments but flags, and numbers that are positive")
		return nil, errUsage
	}
	return s, nil
}

// run works jobs until the context ends.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	s, err := parse(args, stderr)
	if err != nil {
		return err
	}
	workspace, err := connect.FromEnvironment(getenv)
	if errors.Is(err, connect.ErrNotSet) {
		return fmt.Errorf("%w; for a sandbox, start clarify-sandbox, which says what to set", err)
	}
	if err != nil {
		return err
	}
	client, err := workspace.Client()
	if err != nil {
		return err
	}
	database := getenv("DATABASE_URL")
	if database == "" {
		return errors.New("DATABASE_URL is not set: set it to that of a PostgreSQL database")
	}
	if err := makeUp(s.file, s.rows); err != nil {
		return err
	}
	pool, err := pgxpool.New(ctx, database)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := migrate(ctx, pool); err != nil {
		return err
	}
	queue, err := newQueue(pool, client, s, slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		return err
	}
	if err := enqueue(ctx, pool, queue, s); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", s.listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "http://%s/\n", listener.Addr())
	server := &http.Server{Handler: &page{queue, s}, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if err := queue.Start(context.WithoutCancel(ctx)); err != nil {
		return errors.Join(err, server.Close())
	}
	select {
	case <-ctx.Done():
	case err = <-served:
	}
	// Jobs save their progress, and are there for the other processes.
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	return errors.Join(err, queue.StopAndCancel(ending), server.Close())
}
