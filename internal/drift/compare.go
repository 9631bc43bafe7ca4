package main

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/oasdiff/oasdiff/checker"
	"github.com/oasdiff/oasdiff/diff"
	"github.com/oasdiff/oasdiff/load"
)

// Difference is something in which the vendor's document differs from
// openapi.yaml.
type Difference struct {
	// ID is oasdiff's name for the kind of difference, such as
	// response-required-property-removed, or unclassified if oasdiff has none.
	ID string
	// Operation is the id of the operation in openapi.yaml, or method and path of
	// one that it lacks. It is empty for what concerns no operation.
	Operation string
	// Text says what differs.
	Text string
	// Breaking is whether it breaks a Go user: once openapi.yaml follows, code that
	// uses gen may not compile; or a request that was accepted is rejected.
	Breaking bool
}

// compare returns how the revision differs from the base.
func compare(base, revision *load.SpecInfo) ([]Difference, error) {
	config := diff.NewConfig()
	for _, element := range []string{
		diff.ExcludeExamplesOption, diff.ExcludeDescriptionOption, diff.ExcludeTitleOption,
		diff.ExcludeSummaryOption, diff.ExcludeExtensionsOption, diff.ExcludeTagsOption,
	} {
		config.ExcludeElements.Add(element)
	}
	report, sources, err := diff.GetWithOperationsSourcesMap(config, base, revision)
	if err != nil {
		return nil, err
	}
	localize := checker.NewDefaultLocalizer()
	var found []Difference
	for _, change := range checker.CheckBackwardCompatibilityUntilLevel(checker.NewConfig(checker.GetAllChecks()), report, sources, checker.INFO) {
		found = append(found, Difference{
			ID:        change.GetId(),
			Operation: operationID(base, revision, change.GetPath(), change.GetOperation()),
			Text:      change.GetUncolorizedText(localize),
			Breaking:  breaking(change),
		})
	}
	rest, err := unclassified(base.Spec, revision.Spec, found)
	if err != nil {
		return nil, err
	}
	found = append(found, rest...)
	slices.SortFunc(found, func(a, b Difference) int {
		return cmp.Or(strings.Compare(a.Operation, b.Operation), strings.Compare(a.ID, b.ID), strings.Compare(a.Text, b.Text))
	})
	return slices.Compact(found), nil
}

// operationID is what openapi.yaml calls an operation, or method and path of one
// that is new.
func operationID(base, revision *load.SpecInfo, path, method string) string {
	if path == "" {
		return ""
	}
	for _, document := range []*load.SpecInfo{base, revision} {
		item := document.Spec.Paths.Value(path)
		if item == nil {
			continue
		}
		if op := item.GetOperation(method); op != nil && op.OperationID != "" && document == base {
			return op.OperationID
		}
	}
	return method + " " + path
}

var (
	// open are differences that oasdiff warns of, and that the generated types take:
	// enums are open strings, and unions keep what they do not know.
	open = regexp.MustCompile(`^response-.*(enum-value-added|any-of-added|one-of-added|became-not-enum)$`)
	// goType are differences that change a Go type, or remove a Go name.
	goType = regexp.MustCompile(`became-(required|optional|nullable|not-nullable)` +
		`|type-(changed|generalized|specialized)|list-of-types` +
		`|(property|parameter|status|enum-value|operation-id|request-body)-removed|request-body-added|any-of-removed|one-of-removed`)
)

// breaking reports whether a change breaks a Go user. oasdiff's level says so of
// clients in general.
func breaking(change checker.Change) bool {
	id := change.GetId()
	switch {
	case open.MatchString(id):
		return false
	case strings.HasPrefix(id, "response-non-success-status"), strings.HasPrefix(id, "api-security"):
		return change.IsBreaking()
	case goType.MatchString(id):
		return true
	}
	return change.IsBreaking()
}
