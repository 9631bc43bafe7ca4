package doctor

import (
	"context"

	"github.com/clarify-go/clarify/internal/doctor/report"
)

// Run checks the API through the workspace, and returns the findings. It returns an error
// if it cannot check anything, because the credential is rejected or the API cannot be
// reached. The error may contain the names and URLs in o, but no credential. When ctx
// ends, Run skips the remaining checks.
func Run(ctx context.Context, o Options) (*report.Report, error) {
	d, err := newDoctor(o)
	if err != nil {
		return nil, err
	}
	if err := d.signIn(ctx); err != nil {
		return nil, err
	}
	func() {
		defer d.cleanUp(ctx)
		for _, c := range checks {
			if o.Write || !c.writes {
				d.run(ctx, c)
			}
		}
	}()
	if !o.Write {
		d.report.Checked("writes", nil, false, []report.Phrase{report.Say("they are tried with -write only")})
	}
	return d.report, ctx.Err()
}
