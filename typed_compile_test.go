package clarify_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// generatedLike is code as it is generated for a workspace.
const generatedLike = `package crm

import (
	"encoding/json"
	"time"

	"github.com/clarify-go/clarify"
)

type (
	DealStage  string
	TaskStatus string
	CompanyID  string
	DealID     string
)

const (
	DealStageWon   DealStage  = "Won"
	TaskStatusDone TaskStatus = "Done"
)

var DealFields = struct {
	ID        clarify.IDFilter[DealID]
	CreatedAt clarify.ReadOnlyDateField[time.Time]
	Name      clarify.UniqueTextField
	Title     clarify.RequiredTextField
	Summary   clarify.TextField
	Score     clarify.ReadOnlyNumberField[float64]
	Stage     clarify.SelectField[DealStage]
	Tags      clarify.MultiSelectField[DealStage]
	Amount    clarify.NumberField[float64]
	Seats     clarify.NumberField[int]
	CloseDate clarify.DateField[clarify.Date]
	StartsAt  clarify.DateField[time.Time]
	Signed    clarify.CheckboxField
	CompanyID clarify.LinkField[CompanyID]
	OwnerID   clarify.IDField[string]
	Labels    clarify.CollectionField[string]
	Domains   clarify.UniqueCollectionField[string]
	Place     clarify.ObjectField[clarify.Fields]
	Contact   clarify.NameField
	Notes     clarify.RichTextField
	Ranks     clarify.ArrayField[int]
	People    clarify.ToManyField
	Other     clarify.ValueField[json.RawMessage]

	Company struct {
		Name  clarify.TextFilter
		Owner clarify.IDFilter[string]
	}
}{}

var (
	stage   DealStage
	status  TaskStatus
	company CompanyID
	deal    DealID
	text    string
	whole   int
	number  json.Number
	day     clarify.Date
	at      time.Time
	deals   *clarify.Records[clarify.Deal]
)

func use(...any) {}
`

// mistakes are expressions that must not compile, and what is right in their place. In
// both, a leading dot is for DealFields.
var mistakes = []struct{ name, wrong, right, says string }{
	{"an operator that text lacks", `.Name.GreaterThan("x")`, `.Name.StartsWith("x")`, "no field or method GreaterThan"},
	{"OneOf of text", `.Name.OneOf("x")`, `.Name.Is("x")`, "no field or method OneOf"},
	{"an operator that numbers lack", `.Amount.Contains(1)`, `.Amount.GreaterThan(1000)`, "no field or method Contains"},
	{"an operator that dates lack", `.CloseDate.GreaterThan(day)`, `.CloseDate.IsAfter(day)`, "no field or method GreaterThan"},
	{"an operator that selects lack", `.Stage.Contains(stage)`, `.Stage.OneOf(stage, DealStageWon)`, "no field or method Contains"},
	{"an operator that multi selects lack", `.Tags.Is(stage)`, `.Tags.Contains(stage)`, "no field or method Is"},
	{"an operator that collections lack", `.Labels.Is("x")`, `.Labels.DoesNotContain("x")`, "no field or method Is"},
	{"an operator that checkboxes lack", `.Signed.IsEmpty()`, `.Signed.IsNotSet()`, "no field or method IsEmpty"},
	{"an operator that ids lack", `.CompanyID.Contains(company)`, `.CompanyID.Is(company)`, "no field or method Contains"},
	{"an operator that objects lack", `.Place.IsEmpty()`, `.Place.Contains("x")`, "no field or method IsEmpty"},
	{"a condition on a name", `.Contact.Contains("x")`, `.Contact.OrderBy(clarify.Ascending)`, "no field or method Contains"},
	{"a condition on rich text", `.Notes.Contains("x")`, `.Notes.Clear()`, "no field or method Contains"},
	{"a condition on a to-many relationship", `.People.Is("x")`, `.People.Include()`, "no field or method Is"},

	{"a value of another type for text", `.Name.Is(1)`, `.Name.Is(text)`, "cannot use 1"},
	{"a string for a number", `.Amount.Is("1000")`, `.Amount.Exact().Is("1000")`, `cannot use "1000"`},
	{"a json.Number that may not be exact", `.Amount.Is(number)`, `.Amount.Exact().Is(number)`, "cannot use number"},
	{"a fraction for an integer", `.Seats.Is(1.5)`, `.Seats.Is(whole)`, "truncated"},
	{"a time for a date", `.CloseDate.IsBefore(at)`, `.CloseDate.IsBefore(clarify.DateOf(at))`, "cannot use at"},
	{"a date for a time", `.StartsAt.IsBefore(day)`, `.StartsAt.IsBefore(at)`, "cannot use day"},
	{"a string for a date", `.CloseDate.Is("2026-08-17")`, `.CloseDate.Is(day)`, `cannot use "2026-08-17"`},
	{"a string for a checkbox", `.Signed.Is("true")`, `.Signed.Is(true)`, `cannot use "true"`},
	{"an option of another field", `.Stage.Is(TaskStatusDone)`, `.Stage.Is(DealStageWon)`, "cannot use TaskStatusDone"},
	{"an option of another field among several", `.Stage.OneOf(stage, status)`, `.Stage.NotOneOf(stage)`, "cannot use status"},
	{"a string variable for an option", `.Stage.Is(text)`, `.Stage.Is(DealStage(text))`, "cannot use text"},
	{"a misspelt option", `.Stage.Is(DealStageWonn)`, `.Stage.Is(DealStageWon)`, "undefined: DealStageWonn"},
	{"an id of another object", `.CompanyID.Is(deal)`, `.ID.Is(deal)`, "cannot use deal"},
	{"a string variable for an id", `.CompanyID.Is(text)`, `.CompanyID.Is(CompanyID(text))`, "cannot use text"},
	{"a missing value", `.Name.Is()`, `.Name.Is("")`, "not enough arguments"},
	{"two values for Is", `.Stage.Is(stage, stage)`, `.Stage.OneOf(stage, stage)`, "too many arguments"},
	{"a value for IsEmpty", `.Name.IsEmpty("")`, `.Name.IsEmpty()`, "too many arguments"},
	{"a misspelt field", `.Nmae.Is("x")`, `.Name.Is("x")`, "no field or method Nmae"},
	{"a misspelt field of a link", `.Company.Nam.Is("x")`, `.Company.Name.Is("x")`, "no field or method Nam"},

	{"OrderBy of a collection", `.Labels.OrderBy(clarify.Ascending)`, `.Name.OrderBy(clarify.Ascending)`, "no field or method OrderBy"},
	{"OrderBy of a link", `.CompanyID.OrderBy(clarify.Ascending)`, `.CompanyID.Include()`, "no field or method OrderBy"},
	{"OrderBy of a field of a link", `.Company.Name.OrderBy(clarify.Ascending)`, `.CreatedAt.OrderBy(clarify.Descending)`, "no field or method OrderBy"},
	{"OrderBy without a direction", `.Name.OrderBy()`, `.Name.OrderBy(clarify.Descending)`, "not enough arguments"},
	{"Include of text", `.Name.Include()`, `.CompanyID.Include()`, "no field or method Include"},
	{"Include of the id of a user", `.OwnerID.Include()`, `.OwnerID.Is("x")`, "no field or method Include"},
	{"Include of a field of a link", `.Company.Owner.Include()`, `.Company.Owner.IsNotEmpty()`, "no field or method Include"},
	{"MatchOn of a field that is not unique", `.Summary.MatchOn()`, `.Name.MatchOn()`, "no field or method MatchOn"},
	{"MatchOn of a collection that is not unique", `.Labels.MatchOn()`, `.Domains.MatchOn()`, "no field or method MatchOn"},
	{"MatchOn as a query", `deals.All(nil, .Name.MatchOn())`, `deals.All(nil, .Name.Is("x"))`, "cannot use"},
	{"a condition as a change", `clarify.Set(.Name.Is("x"))`, `clarify.Set(.Name.To("x"))`, "cannot use"},
	{"a change as a condition", `deals.All(nil, .Name.To("x"))`, `deals.All(nil, .Name.IsNot("x"))`, "cannot use"},
	{"a condition for a write", `deals.Create(nil, clarify.Deal{}, .Name.Is("x"))`, `deals.Create(nil, clarify.Deal{}, .Name.MatchOn())`, "cannot use"},

	{"To of what the system sets", `.CreatedAt.To(at)`, `.StartsAt.To(at)`, "no field or method To"},
	{"To of a read-only field", `.Score.To(1)`, `.Amount.To(1)`, "no field or method To"},
	{"Clear of a read-only field", `.Score.Clear()`, `.Amount.Clear()`, "no field or method Clear"},
	{"To of the id of the record", `.ID.To(deal)`, `.ID.Is(deal)`, "no field or method To"},
	{"To of a field of a link", `.Company.Name.To("x")`, `.Company.Name.Is("x")`, "no field or method To"},
	{"To of a to-many relationship", `.People.To("x")`, `.CompanyID.To("x")`, "no field or method To"},
	{"Clear of a required field", `.Title.Clear()`, `.Title.To("x")`, "no field or method Clear"},
	{"To an option of another field", `.Stage.To(status)`, `.Stage.To(stage)`, "cannot use status"},
	{"To an id of another object", `.CompanyID.To(deal)`, `.CompanyID.To(company)`, "cannot use deal"},
	{"To a string of a number", `.Amount.To("1")`, `.Amount.Exact().To("1")`, `cannot use "1"`},
	{"To nil", `.Name.To(nil)`, `.Name.Clear()`, "cannot use nil"},
	{"To a plain string of rich text", `.Notes.To("x")`, `.Notes.To(clarify.Text("x"))`, `cannot use "x"`},
	{"To a string of a name", `.Contact.To("Ada")`, `.Contact.To(clarify.Name{FirstName: "Ada"})`, `cannot use "Ada"`},
	{"Append to text", `.Name.Append("x")`, `.Labels.Append("x", "y")`, "no field or method Append"},
	{"Append to a select", `.Stage.Append(stage)`, `.Tags.Append(stage)`, "no field or method Append"},
	{"Append of another type", `.Labels.Append(1)`, `.Ranks.Append(1)`, "cannot use 1"},
	{"Remove from an array", `.Ranks.Remove(1)`, `.Labels.Remove("x")`, "no field or method Remove"},
	{"Replace of an array", `.Ranks.Replace(1)`, `.Tags.Replace(stage)`, "no field or method Replace"},
	{"Merge of a collection", `.Labels.Merge("x")`, `.Contact.Merge(clarify.Name{})`, "no field or method Merge"},
	{"Merge of another type", `.Contact.Merge(clarify.Fields{})`, `.Place.Merge(clarify.Fields{})`, "cannot use clarify.Fields"},
	{"a number type that is none", `clarify.NewNumberField[string]("x")`, `clarify.NewNumberField[json.Number]("x")`, "does not satisfy"},
	{"a date type that is none", `clarify.NewDateField[string]("x")`, `clarify.NewDateField[time.Time]("x")`, "does not satisfy"},
	{"an option type that is none", `clarify.NewSelectField[int]("x")`, `clarify.NewSelectField[DealStage]("x")`, "does not satisfy"},
	{"a misspelt field of a built-in type", `clarify.DealFields.Stag.Is("x")`, `clarify.DealFields.Stage.Is("x")`, "no field or method Stag"},
	{"OrderBy of a link of a built-in type", `clarify.PersonFields.Company.Name.OrderBy("ASC")`, `clarify.PersonFields.Company.Name.Is("Acme")`, "no field or method OrderBy"},
	{"MatchOn of a built-in type", `clarify.TaskFields.Title.MatchOn()`, `clarify.DealFields.Name.MatchOn()`, "no field or method MatchOn"},
}

func TestMistakesWithTypedFieldsDoNotCompile(t *testing.T) {
	var code strings.Builder
	code.WriteString(generatedLike)
	leadingDot := regexp.MustCompile(`(^|[ (])\.`)
	for i, m := range mistakes {
		for _, expression := range []string{m.right, m.wrong} {
			fmt.Fprintf(&code, "\nfunc _() { use(%s) } // %d\n", leadingDot.ReplaceAllString(expression, "${1}DealFields."), i)
		}
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "crm.go", code.String(), parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	functions := file.Decls[len(file.Decls)-2*len(mistakes):]
	found := make([]string, len(functions))
	_, importer := rootPackage()
	config := types.Config{Importer: importer, Error: func(err error) {
		var e types.Error
		if !errors.As(err, &e) {
			t.Error(err)
			return
		}
		i := indexOf(functions, e.Pos)
		if i < 0 {
			t.Error(err)
			return
		}
		found[i] += e.Msg + "\n"
	}}
	_, _ = config.Check("crm", fset, []*ast.File{file}, nil) // Error has the errors
	for i, m := range mistakes {
		if found[2*i] != "" {
			t.Errorf("%s: what is right, %s, does not compile: %s", m.name, m.right, found[2*i])
		}
		if wrong := found[2*i+1]; !strings.Contains(wrong, m.says) {
			t.Errorf("%s: %s compiles, or fails for another reason: %q, want %q", m.name, m.wrong, wrong, m.says)
		}
	}
}

func indexOf(functions []ast.Decl, pos token.Pos) int {
	for i, f := range functions {
		if f.Pos() <= pos && pos < f.End() {
			return i
		}
	}
	return -1
}

// A package with thousands of fields must not make them when a program starts, and the
// linker must be able to leave out those that it does not use.
func TestTypedFieldsAreStaticData(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("an initialization that does nothing is one byte on amd64 only")
	}
	root, _ := rootPackage()
	arguments := map[string]string{"N": "json.Number", "D": "time.Time", "O": "Option", "ID": "ID", "E": "any", "V": "json.RawMessage"}
	declared, values, constructors := "", "", 0
	for _, name := range root.Scope().Names() {
		f, ok := root.Scope().Lookup(name).(*types.Func)
		if !ok || !strings.HasPrefix(name, "New") || !strings.HasSuffix(name, "Field") {
			continue
		}
		of := strings.TrimPrefix(name, "New")
		if parameters := f.Signature().TypeParams(); parameters.Len() > 0 {
			of += "[" + arguments[parameters.At(0).Obj().Name()] + "]"
		}
		constructors++
		declared += fmt.Sprintf("\tF%d clarify.%s\n", constructors, of)
		values += fmt.Sprintf("\tF%d: clarify.New%s(%q),\n", constructors, of, "a_field")
	}
	if constructors < 30 {
		t.Errorf("only %d constructors were found", constructors)
	}
	const head = "package p\n\nimport (\n\t\"encoding/json\"\n\t\"strings\"\n\t\"time\"\n\n\t\"" + rootPath + "\"\n)\n\n" +
		"type Option string\ntype ID string\ntype Used struct { time.Time; json.Number; strings.Builder; clarify.Date }\n\n"
	static := head + "var Fields = struct {\n" + declared + "\tDotted clarify.TextFilter\n}{\n" + values + "\tDotted: \"deal.company_id.name\",\n}\n"
	if size := initSize(t, static); size > 1 {
		t.Errorf("the fields need %d bytes of code when a program starts", size)
	}
	if size := initSize(t, head+`var Made = strings.Repeat("x", 2)`); size <= 1 {
		t.Errorf("code that does need some was found to need %d bytes: the check is wrong", size)
	}
}

var initFunction = regexp.MustCompile(`(?m)^p\.init STEXT .*\bsize=(\d+)`)

// initSize compiles a package and returns the size of its initialization.
func initSize(t *testing.T, code string) (size int) {
	t.Helper()
	dir := t.TempDir()
	var config strings.Builder
	for path, p := range loaded() {
		if p.Export != "" {
			fmt.Fprintf(&config, "packagefile %s=%s\n", path, p.Export)
		}
	}
	source, imports := filepath.Join(dir, "p.go"), filepath.Join(dir, "importcfg")
	for name, content := range map[string]string{source: code, imports: config.String()} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.CommandContext(t.Context(), "go", "tool", "compile", "-S", "-p=p", "-importcfg="+imports, "-o="+filepath.Join(dir, "p.a"), source).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if match := initFunction.FindSubmatch(out); match != nil {
		_, err = fmt.Sscan(string(match[1]), &size)
	}
	if err != nil {
		t.Fatal(err)
	}
	return size
}
