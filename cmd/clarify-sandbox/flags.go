package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

// errUsage is returned for invalid arguments, after the error was printed.
var errUsage = errors.New("invalid arguments")

const defaultAddress = "127.0.0.1:8080"

// settings are the values of the flags.
type settings struct {
	options []clarifytest.Option
	seed    uint64
	records int
	faults  []injectedFault
	quirks  []clarifytest.Option
	quiet   bool

	certificate string // the file for the server's certificate, empty without TLS

	loginPage bool

	workspaces []string
}

func parse(args []string, stderr io.Writer) (*settings, error) {
	s := &settings{}
	flags := flag.NewFlagSet("clarify-sandbox", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, "Usage: clarify-sandbox [flags]\n\n"+
			"Serves a Clarify for experiments: the API of a CRM workspace, kept in memory.\n\n"+
			"Flags:\n")
		flags.PrintDefaults()
		fmt.Fprint(stderr, faultUsage, quirkUsage)
		fmt.Fprint(stderr, "\nPress Ctrl-C to end it. Its data is lost then.\n")
	}
	address := flags.String("addr", defaultAddress, "the `host:port` to listen on; port 0 takes a free one")
	port := flags.Int("port", 0, "the `number` of the port, in place of that of -addr")
	storage := flags.String("storage-addr", "", "the `host:port` of storage; a free port of the host of -addr if not given")
	flags.Func("workspace", "the `name` of a workspace, acme if not given; may be given several times, and the other\nflags are about the first", func(name string) error {
		if slices.Contains([]string{"", ".", ".."}, name) {
			return fmt.Errorf("invalid workspace %q: must be one segment of a path", name)
		}
		if slices.Contains(s.workspaces, name) {
			return fmt.Errorf("workspace %q is given twice", name)
		}
		s.workspaces = append(s.workspaces, name)
		return nil
	})
	flags.StringVar(&s.certificate, "tls", "", "serve over TLS, and write the certificate to this `file`, for clients to trust")
	key := flags.String("api-key", "", "the API `key`; one that follows from -seed if not given")
	token := flags.String("access-token", "", "the OAuth 2.0 access `token`; one that follows from -seed if not given")
	flags.Uint64Var(&s.seed, "seed", 0, "the seed `number` of ids, credentials and records;\nrandom and printed if not given")
	flags.IntVar(&s.records, "records", 0, fmt.Sprintf("start with this `number` of records, at most %d: people, companies, deals, meetings and tasks,\nor what the objects of -schema are", clarifytest.MaxSeed))
	schema := flags.String("schema", "", "give workspaces the objects and fields of this `file`, which clarify-gen pull wrote")
	rateLimit := flags.Int("rate-limit", clarifytest.DefaultRateLimit, "the `number` of requests a minute that each operation accepts")
	latency := flags.Duration("latency", 0, "wait for this `time` before each operation, for example 50ms")
	flags.Func("fault", "a `fault` that strikes requests, see below; may be given several times", func(text string) error {
		fault, err := parseFault(text)
		if err == nil {
			s.faults = append(s.faults, fault)
		}
		return err
	})
	flags.BoolVar(&s.loginPage, "login-page", false, "let users log in and consent on a page in the OAuth 2.0 flow, instead of consenting at once")
	flags.Func("quirk", "a reported `oddity` of the API, as name=on or name=off, see below; may be given several times", func(text string) error {
		quirk, err := parseQuirk(text)
		if err == nil {
			s.quirks = append(s.quirks, quirk)
		}
		return err
	})
	unknown := flags.Bool("unknown-attributes", false, "let records have attributes that are not in the schema of their object")
	validate := flags.Bool("validate", true, "check requests and responses against the contract, and log violations")
	flags.BoolVar(&s.quiet, "quiet", false, "log neither requests nor violations")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, errUsage
	}
	given := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { given[f.Name] = true })
	if !given["seed"] {
		s.seed = rand.Uint64()
	}
	wrong := ""
	switch {
	case flags.NArg() > 0:
		wrong = fmt.Sprintf("unexpected argument %q", flags.Arg(0))
	case s.records < 0 || s.records > clarifytest.MaxSeed:
		wrong = fmt.Sprintf("-records must be from 0 to %d", clarifytest.MaxSeed)
	case *latency < 0:
		wrong = "-latency must be 0s or more"
	case *rateLimit < 1:
		wrong = "-rate-limit must be 1 or more"
	case given["port"] && (*port < 0 || *port > 65535):
		wrong = "-port must be from 0 to 65535"
	}
	if given["port"] {
		host, _, err := net.SplitHostPort(*address)
		if err != nil && wrong == "" {
			wrong = "-addr must be host:port"
		}
		*address = net.JoinHostPort(host, strconv.Itoa(*port))
	}
	if len(s.workspaces) == 0 {
		s.workspaces = []string{"acme"}
	}
	for _, fault := range s.faults {
		if wrong == "" && fault.workspace != "" && !slices.Contains(s.workspaces, fault.workspace) {
			wrong = fmt.Sprintf("-fault %s: there is no workspace %q", fault.text, fault.workspace)
		}
	}
	if wrong != "" {
		fmt.Fprintf(stderr, "clarify-sandbox: %s\n", wrong)
		flags.Usage()
		return nil, errUsage
	}
	s.options = []clarifytest.Option{
		clarifytest.WithAddress(*address),
		clarifytest.WithStorageAddress(*storage),
		clarifytest.WithWorkspace(s.workspaces[0]),
		clarifytest.WithAPIKey(*key),
		clarifytest.WithAccessToken(*token),
		clarifytest.WithSeed(s.seed),
		clarifytest.WithRateLimit(*rateLimit),
		clarifytest.WithTranscript(0),
	}
	s.options = append(s.options, s.quirks...)
	if s.certificate != "" {
		s.options = append(s.options, clarifytest.WithTLS())
	}
	if *schema != "" {
		s.options = append(s.options, clarifytest.WithSchemaFile(*schema))
	}
	if *unknown {
		s.options = append(s.options, clarifytest.WithUnknownAttributes())
	}
	if s.loginPage {
		s.options = append(s.options, clarifytest.WithLoginPage())
	}
	if !*validate {
		s.options = append(s.options, clarifytest.WithoutValidation())
	}
	if *latency > 0 {
		// It comes last, because the seed of a fault depends on its position.
		s.faults = append(s.faults, injectedFault{text: "latency:" + latency.String(), fault: clarifytest.Latency(*latency), probability: -1})
	}
	return s, nil
}

// requireDuration parses a duration that is not negative, such as 50ms.
func requireDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("invalid duration %q: must be one such as 50ms or 2s", text)
	}
	return d, nil
}
