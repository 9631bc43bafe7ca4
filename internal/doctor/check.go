package doctor

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/clarify-go/clarify/internal/doctor/report"
)

// check is one thing that the doctor checks.
type check struct {
	name   report.Constant
	refs   []report.Constant // what it is about in docs/live-api.md
	writes bool              // whether it is made with [Options.Write] only
	run    func(context.Context, *probe) error
}

// probe is what a check works with: it sends requests, and notes findings.
type probe struct {
	*doctor
	check   check
	checked bool // whether anything was looked at
	open    []report.Phrase
}

// errSkip ends a check that has already noted what it could not check.
var errSkip = errors.New("skipped")

// run makes a check.
func (d *doctor) run(ctx context.Context, c check) {
	p := &probe{doctor: d, check: c}
	if ctx.Err() != nil {
		p.notChecked("it was interrupted")
	} else {
		if d.options.Progress != nil {
			d.options.Progress(string(c.name))
		}
		switch err := c.run(ctx, p); {
		case err == nil, errors.Is(err, errSkip):
		case ctx.Err() != nil:
			p.notChecked("it was interrupted")
		default:
			p.notChecked("a request got no response")
			if d.options.Failed != nil {
				d.options.Failed(string(c.name), err)
			}
		}
	}
	d.report.Checked(c.name, c.refs, p.checked, p.open)
}

// same notes that something was checked and is as it should be.
func (p *probe) same() { p.checked = true }

// notChecked notes what was not checked, and why.
func (p *probe) notChecked(format report.Constant, operands ...report.Operand) {
	p.open = append(p.open, report.Say(format, operands...))
}

// found notes a finding of the check.
func (p *probe) found(f report.Found) {
	p.checked = true
	f.Check = p.check.name
	p.report.Add(f)
}

// differs notes a difference from docs/live-api.md.
func (p *probe) differs(ref report.Constant, x *exchange, format report.Constant, operands ...report.Operand) {
	p.found(report.Found{Kind: report.LiveAPI, Ref: ref, Operation: p.operation(x), What: report.Say(format, operands...)})
}

// quirk notes that the API does what an option of clarifytest makes the sandbox do.
func (p *probe) quirk(ref, option report.Constant, x *exchange, format report.Constant, operands ...report.Operand) {
	p.found(report.Found{Kind: report.LiveAPI, Ref: ref, Quirk: option, Operation: p.operation(x), What: report.Say(format, operands...)})
}

// known notes what docs/live-api.md describes.
func (p *probe) known(ref report.Constant, x *exchange, format report.Constant, operands ...report.Operand) {
	p.found(report.Found{Kind: report.Known, Ref: ref, Operation: p.operation(x), What: report.Say(format, operands...)})
}

// violates notes a difference from what a description in the contract says.
func (p *probe) violates(x *exchange, format report.Constant, operands ...report.Operand) {
	p.found(report.Found{Kind: report.Contract, Operation: p.operation(x), What: report.Say(format, operands...)})
}

// assumed notes a difference from what the sandbox assumes.
func (p *probe) assumed(x *exchange, format report.Constant, operands ...report.Operand) {
	p.found(report.Found{Kind: report.Sandbox, Operation: p.operation(x), What: report.Say(format, operands...)})
}

// operation returns the operation of an exchange, if there is one.
func (d *doctor) operation(x *exchange) report.Operand {
	if x == nil {
		return report.Operand{}
	}
	return d.names.Operation(x.op.ID)
}

// read sends a read that should succeed. If it fails, read notes that, and reports
// false.
func (p *probe) read(ctx context.Context, operation string, query url.Values, path ...string) (*exchange, bool, error) {
	x, err := p.get(ctx, operation, query, path...)
	if err != nil {
		return nil, false, err
	}
	switch {
	case x.ok():
		p.same()
	case x.status == http.StatusForbidden:
		p.notChecked("%v responds with 403: the credential may not read that", p.operation(x))
	default:
		p.violates(x, "responds with %v to a read of what the API named itself", report.Int(x.status))
	}
	return x, x.ok(), nil
}
