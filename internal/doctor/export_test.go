package doctor

import (
	"slices"
	"strings"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/contract"
)

// Shown reports whether a string may stand in a report although the workspace sent
// it, because every workspace has it.
func Shown(s string) bool {
	known, err := contract.Load()
	if err != nil {
		return false
	}
	names := slices.Concat(known.Members(), builtInNames(), keywords, trialNames)
	isOperation := slices.ContainsFunc(gen.Operations(), func(op gen.Operation) bool { return strings.EqualFold(op.ID, s) })
	return isOperation || slices.Contains(names, s) || slices.Contains(words, s)
}

// words are values that happen to be words of the reports, too.
var words = []string{
	"single", "bulk", "deleted", // codes of the doctor's own records
	"string", "number", "boolean", "date", "date-time", "none", "comment", "workspace", "schema", "member", "activity",
	"null", "User", "system", "objects", "lead",
}
