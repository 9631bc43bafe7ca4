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
A fault is a kind, with an argument after a colon where one stands here, and
conditions after an @, separated by commas. It strikes the requests that meet
all of them: all requests if there are none. An @ within the argument asks for
another at its end: redirect:http://user@host/@

  status:503         response with a status and the API's error document; 429 without Retry-After
  framework:400      response with a status and an error of the framework below the API
  html:502           response with a status and a page in HTML
  rate-limited:2s    respond with 429 with Retry-After
  redirect:URL       respond with 307 with a location
  latency:1s         wait
  hang-up            close the connection without reading the body
  reset-before       reset the connection before the operation is carried out
  reset-during       reset it while the operation is carried out
  reset-after        reset it after the operation was carried out
  cut:100            response, but break off after so many bytes of the body
  slow:64/10ms       response in pieces of so many bytes, waiting before each
  revoke             have the credential be valid no more

  operation=a+b      requests to these operations
  method=GET+PUT     requests with these methods
  workspace=name     requests to this workspace
  storage            requests that take files to or from storage, which others do not select
  at=3+7             these requests, counted among those that meet the conditions above
  p=0.1              each of them with a probability; -seed makes the same choice again
  times=2            the first so many that the other conditions leave
  after              response or wait after the operation was carried out, not before

For example:

  clarify-sandbox -fault html:502@method=GET,p=0.05 -fault status:504@operation=createRecord,after,times=1
`

// orderedFault is a fault and which requests it strikes.
type orderedFault struct {
	text        string // as it was given
	kind        string
	fault       clarifytest.Fault
	when        []clarifytest.Condition
	probability float64 // less than 0 if it strikes for certain
	storage     bool    // it is for requests to storage
	workspace   string  // it is for requests to this one, empty if it is for any
	apiOnly     string  // a condition that is about requests to the API
}

// inject has a server have the fault. The seed is for throwing dice.
func (o orderedFault) inject(srv *clarifytest.Server, seed uint64) {
	when := o.when
	if o.probability >= 0 {
		when = append(slices.Clone(when), clarifytest.Probability(o.probability, seed))
	}
	srv.Inject(o.fault, when...)
}

// parseFault reads a fault as faultUsage describes it.
func parseFault(text string) (orderedFault, error) {
	what, conditions := text, ""
	if i := strings.LastIndex(text, "@"); i >= 0 {
		what, conditions = text[:i], text[i+1:]
	}
	kind, argument, _ := strings.Cut(what, ":")
	fault, err := parseKind(kind, argument)
	if err != nil {
		return orderedFault{}, err
	}
	o := orderedFault{text: text, kind: kind, fault: fault, probability: -1}
	if conditions == "" {
		return o, nil
	}
	for condition := range strings.SplitSeq(conditions, ",") {
		if err := o.add(condition); err != nil {
			return orderedFault{}, err
		}
	}
	return o, o.checkStorage()
}

// checkStorage refuses what is about the API together with requests to storage.
func (o *orderedFault) checkStorage() error {
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

// methods are those that requests are sent with.
var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

// lateKinds are those that can strike before or after the work.
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
			return none, fmt.Errorf("redirect: %q is not a URL", argument)
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

// add takes a condition.
func (o *orderedFault) add(condition string) error {
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
				return fmt.Errorf("method: %q is not one of %s", method, strings.Join(methods, ", "))
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
			return fmt.Errorf("p: %q is not a probability from 0 to 1", value)
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

func number(text string, least, most int) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%q is not a number from %d to %d", text, least, most)
	}
	return n, nil
}
