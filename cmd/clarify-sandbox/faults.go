package main

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/clarify-go/clarify/clarifytest"
	"github.com/clarify-go/clarify/gen"
)

const faultUsage = `
A fault is a kind, for some kinds with an argument after a colon, and optionally
conditions after an @, separated by commas. It strikes the requests that meet all
conditions, or all requests if there are none. If the argument has an @, add
another at its end: redirect:http://user@host/@

  status:503         respond with a status and the API's error document; 429 without Retry-After
  framework:400      respond with a status and an error of the framework below the API
  html:502           respond with a status and an HTML page
  rate-limited:2s    respond with 429 with Retry-After
  redirect:URL       respond with 307 and a location
  latency:1s         wait
  hang-up            close the connection without reading the body
  reset-before       reset the connection before the operation is carried out
  reset-during       reset it while the operation is carried out
  reset-after        reset it after the operation was carried out
  cut:100            respond, but close the connection after so many bytes of the body
  slow:64/10ms       respond in pieces of so many bytes, waiting before each
  revoke             revoke the credential

  operation=a+b      requests to these operations
  method=GET+PUT     requests with these methods
  workspace=name     requests to this workspace
  storage            requests to storage; without this condition no fault strikes them
  at=3+7             these requests, counting those that meet the conditions above
  p=0.1              each of them with a probability; the same -seed makes the same choice
  times=2            only so many of the requests that meet the other conditions
  after              respond or wait after the operation was carried out, not before

For example:

  clarify-sandbox -fault html:502@method=GET,p=0.05 -fault status:504@operation=createRecord,after,times=1
`

// injectedFault is a fault and the requests that it strikes.
type injectedFault struct {
	text        string // of the flag
	kind        string
	fault       clarifytest.Fault
	when        []clarifytest.Condition
	probability float64 // negative if it is certain
	storage     bool    // it is for requests to storage
	workspace   string  // it is for requests to this one, empty if it is for any
	apiOnly     string  // a condition that is about requests to the API
}

// inject injects the fault into a server. The seed is for its probability.
func (o injectedFault) inject(srv *clarifytest.Server, seed uint64) {
	when := o.when
	if o.probability >= 0 {
		when = append(slices.Clone(when), clarifytest.Probability(o.probability, seed))
	}
	srv.Inject(o.fault, when...)
}

// parseFault parses a fault in the form that faultUsage describes.
func parseFault(text string) (injectedFault, error) {
	what, conditions := text, ""
	if i := strings.LastIndex(text, "@"); i >= 0 {
		what, conditions = text[:i], text[i+1:]
	}
	kind, argument, _ := strings.Cut(what, ":")
	fault, err := parseKind(kind, argument)
	if err != nil {
		return injectedFault{}, err
	}
	o := injectedFault{text: text, kind: kind, fault: fault, probability: -1}
	if conditions == "" {
		return o, nil
	}
	for condition := range strings.SplitSeq(conditions, ",") {
		if err := o.add(condition); err != nil {
			return injectedFault{}, err
		}
	}
	return o, o.checkStorage()
}

// checkStorage rejects faults and conditions of the API together with storage.
func (o *injectedFault) checkStorage() error {
	if !o.storage {
		return nil
	}
	if slices.Contains([]string{"revoke", "framework"}, o.kind) {
		return fmt.Errorf("%s is for requests to the API, not to storage", o.kind)
	}
	if o.apiOnly != "" {
		return fmt.Errorf("%s is about requests to the API, and none of them goes to storage", o.apiOnly)
	}
	return nil
}

// methods are the methods of requests.
var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

// lateKinds are the kinds that can strike before or after the work.
var lateKinds = []string{"status", "framework", "html", "rate-limited", "redirect", "latency"}

func parseKind(kind, argument string) (clarifytest.Fault, error) {
	var none clarifytest.Fault
	simple := map[string]func() clarifytest.Fault{
		"hang-up":      clarifytest.HangUp,
		"reset-before": clarifytest.ResetBeforeWork,
		"reset-during": clarifytest.ResetDuringWork,
		"reset-after":  clarifytest.ResetAfterWork,
		"revoke":       clarifytest.Revoke,
	}
	if make, ok := simple[kind]; ok {
		if argument != "" {
			return none, fmt.Errorf("%s takes no argument", kind)
		}
		return make(), nil
	}
	switch kind {
	case "status", "framework":
		status, err := number(argument, 400, 599)
		if err != nil {
			return none, fmt.Errorf("%s: %w", kind, err)
		}
		if kind == "framework" {
			return clarifytest.FrameworkError(status), nil
		}
		return clarifytest.Status(status), nil
	case "html":
		status, err := number(argument, 200, 599)
		if err != nil {
			return none, fmt.Errorf("html: %w", err)
		}
		return clarifytest.HTML(status), nil
	case "rate-limited", "latency":
		d, err := requireDuration(argument)
		if err != nil {
			return none, fmt.Errorf("%s: %w", kind, err)
		}
		if kind == "latency" {
			return clarifytest.Latency(d), nil
		}
		return clarifytest.RateLimited(d), nil
	case "redirect":
		if _, err := url.Parse(argument); err != nil || argument == "" {
			return none, fmt.Errorf("redirect: invalid URL %q", argument)
		}
		return clarifytest.Redirect(307, argument), nil
	case "cut":
		n, err := number(argument, 0, 1<<30)
		if err != nil {
			return none, fmt.Errorf("cut: %w", err)
		}
		return clarifytest.CutBody(n), nil
	case "slow":
		size, wait, _ := strings.Cut(argument, "/")
		n, err := number(size, 1, 1<<30)
		if err != nil {
			return none, fmt.Errorf("slow: %w", err)
		}
		d, err := requireDuration(wait)
		if err != nil {
			return none, fmt.Errorf("slow: %w", err)
		}
		return clarifytest.SlowBody(n, d), nil
	}
	return none, fmt.Errorf("there is no fault %q", kind)
}

// add adds a condition.
func (o *injectedFault) add(condition string) error {
	name, value, _ := strings.Cut(condition, "=")
	values := strings.Split(value, "+")
	switch name {
	case "operation":
		known := gen.Operations()
		for _, id := range values {
			if !slices.ContainsFunc(known, func(op gen.Operation) bool { return op.ID == id }) {
				return fmt.Errorf("operation: the API has no operation %q", id)
			}
		}
		o.apiOnly = name
		o.when = append(o.when, clarifytest.Operation(values...))
	case "method":
		for i, method := range values {
			values[i] = strings.ToUpper(method)
			if !slices.Contains(methods, values[i]) {
				return fmt.Errorf("method: invalid method %q: must be one of %s", method, strings.Join(methods, ", "))
			}
		}
		o.when = append(o.when, clarifytest.Method(values...))
	case "workspace":
		if slices.Contains([]string{"", ".", ".."}, value) {
			return fmt.Errorf("workspace: invalid workspace %q: must be one segment of a path", value)
		}
		o.apiOnly = name
		o.workspace = value
		o.when = append(o.when, clarifytest.InWorkspace(value))
	case "storage":
		if value != "" {
			return fmt.Errorf("storage takes no value")
		}
		o.storage = true
		o.when = append(o.when, clarifytest.ToStorage())
	case "at":
		var numbers []int
		for _, text := range values {
			n, err := number(text, 1, 1<<30)
			if err != nil {
				return fmt.Errorf("at: %w", err)
			}
			numbers = append(numbers, n)
		}
		o.when = append(o.when, clarifytest.At(numbers...))
	case "p":
		p, err := strconv.ParseFloat(value, 64)
		if err != nil || !(p >= 0 && p <= 1) {
			return fmt.Errorf("p: invalid probability %q: must be 0 to 1", value)
		}
		o.probability = p
	case "times":
		n, err := number(value, 1, 1<<30)
		if err != nil {
			return fmt.Errorf("times: %w", err)
		}
		o.when = append(o.when, clarifytest.Times(n))
	case "after":
		if !slices.Contains(lateKinds, o.kind) {
			return fmt.Errorf("after: %s says itself when it strikes", o.kind)
		}
		if value != "" {
			return fmt.Errorf("after takes no value")
		}
		o.fault = o.fault.AfterWork()
	default:
		return fmt.Errorf("there is no condition %q", name)
	}
	return nil
}

func number(text string, min, max int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < min || n > max {
		return 0, fmt.Errorf("invalid number %q: must be %d to %d", text, min, max)
	}
	return n, nil
}
