package clarify_test

import (
	"encoding/json"
	"go/types"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/gen"
)

type (
	stageOption string
	companyID   string
	quantity    int
)

// String must not be what is sent.
func (stageOption) String() string { return "the title of an option" }
func (companyID) String() string   { return "the title of a company" }
func (quantity) String() string    { return "a lot" }

const hostileName = `c_"näme" & %20,+`

// typedFields are a field of each type that has conditions or changes, with its kind if
// it takes conditions.
var typedFields = []struct {
	field any
	kind  clarify.FieldKind
}{
	{clarify.TextFilter(hostileName), clarify.KindText},
	{clarify.NumberFilter[float64](hostileName), clarify.KindNumber},
	{clarify.NumberFilter[float32](hostileName), clarify.KindNumber},
	{clarify.NumberFilter[quantity](hostileName), clarify.KindNumber},
	{clarify.NumberFilter[uint64](hostileName), clarify.KindNumber},
	{clarify.NumberFilter[json.Number](hostileName), clarify.KindNumber},
	{clarify.CheckboxFilter(hostileName), clarify.KindCheckbox},
	{clarify.DateFilter[clarify.Date](hostileName), clarify.KindDate},
	{clarify.DateFilter[time.Time](hostileName), clarify.KindDateTime},
	{clarify.SelectFilter[stageOption](hostileName), clarify.KindSelect},
	{clarify.MultiSelectFilter[stageOption](hostileName), clarify.KindMultiSelect},
	{clarify.CollectionFilter(hostileName), clarify.KindCollection},
	{clarify.IDFilter[companyID](hostileName), clarify.KindID},
	{clarify.ObjectFilter(hostileName), clarify.KindObject},

	{clarify.Sortable(hostileName), 0},
	{clarify.Includable(hostileName), 0},
	{clarify.Unique(hostileName), 0},
	{clarify.Clearable(hostileName), 0},
	{clarify.Setter[string](hostileName), 0},
	{clarify.IDSetter[companyID](hostileName), 0},
	{clarify.CollectionSetter[string](hostileName), 0},
	{clarify.ArraySetter[int](hostileName), 0},
	{clarify.ObjectSetter[clarify.Name](hostileName), 0},
	{clarify.RichTextSetter(hostileName), 0},

	{clarify.NewReadOnlyTextField(hostileName), clarify.KindText},
	{clarify.NewReadOnlyNumberField[float64](hostileName), clarify.KindNumber},
	{clarify.NewReadOnlyCheckboxField(hostileName), clarify.KindCheckbox},
	{clarify.NewReadOnlyDateField[time.Time](hostileName), clarify.KindDateTime},
	{clarify.NewReadOnlySelectField[stageOption](hostileName), clarify.KindSelect},
	{clarify.NewReadOnlyLinkField[companyID](hostileName), clarify.KindToOne},
	{clarify.NewReadOnlyNameField(hostileName), clarify.KindName},

	{clarify.NewRequiredTextField(hostileName), clarify.KindText},
	{clarify.NewRequiredNumberField[quantity](hostileName), clarify.KindNumber},
	{clarify.NewRequiredCheckboxField(hostileName), clarify.KindCheckbox},
	{clarify.NewRequiredDateField[clarify.Date](hostileName), clarify.KindDate},
	{clarify.NewRequiredSelectField[stageOption](hostileName), clarify.KindSelect},
	{clarify.NewRequiredMultiSelectField[stageOption](hostileName), clarify.KindMultiSelect},
	{clarify.NewRequiredCollectionField[string](hostileName), clarify.KindCollection},
	{clarify.NewRequiredIDField[companyID](hostileName), clarify.KindID},
	{clarify.NewRequiredLinkField[companyID](hostileName), clarify.KindToOne},
	{clarify.NewRequiredObjectField[clarify.Fields](hostileName), clarify.KindObject},
	{clarify.NewRequiredNameField(hostileName), clarify.KindName},
	{clarify.NewRequiredRichTextField(hostileName), clarify.KindRichText},
	{clarify.NewRequiredArrayField[string](hostileName), clarify.KindArray},
	{clarify.NewRequiredValueField[any](hostileName), clarify.KindUnknown},

	{clarify.NewTextField(hostileName), clarify.KindText},
	{clarify.NewUniqueTextField(hostileName), clarify.KindText},
	{clarify.NewNumberField[float64](hostileName), clarify.KindNumber},
	{clarify.NewCheckboxField(hostileName), clarify.KindCheckbox},
	{clarify.NewDateField[time.Time](hostileName), clarify.KindDateTime},
	{clarify.NewSelectField[stageOption](hostileName), clarify.KindSelect},
	{clarify.NewMultiSelectField[stageOption](hostileName), clarify.KindMultiSelect},
	{clarify.NewCollectionField[clarify.Participant](hostileName), clarify.KindCollection},
	{clarify.NewUniqueCollectionField[string](hostileName), clarify.KindCollection},
	{clarify.NewIDField[companyID](hostileName), clarify.KindID},
	{clarify.NewLinkField[companyID](hostileName), clarify.KindToOne},
	{clarify.NewObjectField[clarify.Fields](hostileName), clarify.KindObject},
	{clarify.NewNameField(hostileName), clarify.KindName},
	{clarify.NewRichTextField(hostileName), clarify.KindRichText},
	{clarify.NewArrayField[string](hostileName), clarify.KindArray},
	{clarify.NewValueField[any](hostileName), clarify.KindUnknown},
	{clarify.NewToManyField(hostileName), clarify.KindToMany},
}

var hostileStrings = []string{"Acme", "", "a,b", `"quoted" \`, "[Is]=x&y", "日本語 ☃ 👩‍🚀", "null", "!null", ">5", "*x*", "100%20+", " \t\n\x00", "\xff", "<b>"}

// argumentsOf are values of a type to call a method with, each in the form that the
// string forms take.
func argumentsOf(t *testing.T, of reflect.Type) (typed []reflect.Value, plain []any) {
	t.Helper()
	add := func(value, form any) {
		typed, plain = append(typed, reflect.ValueOf(value).Convert(of)), append(plain, form)
	}
	same := func(values ...any) {
		for _, value := range values {
			add(value, value)
		}
	}
	at := time.Date(2026, 8, 17, 12, 30, 45, 678_912_345, time.FixedZone("", 2*60*60))
	switch of {
	case reflect.TypeFor[string](), reflect.TypeFor[stageOption](), reflect.TypeFor[companyID](), reflect.TypeFor[any]():
		for _, s := range hostileStrings {
			add(s, s)
		}
	case reflect.TypeFor[bool]():
		same(true, false)
	case reflect.TypeFor[float64]():
		same(1000.0, 0.0, -2.5, 0.1, 1e-7, 1e21, 123456789012.3456)
	case reflect.TypeFor[float32]():
		same(float32(0.1))
	case reflect.TypeFor[int](), reflect.TypeFor[quantity]():
		same(-7, math.MaxInt)
	case reflect.TypeFor[uint64]():
		same(uint64(1<<64 - 1))
	case reflect.TypeFor[json.Number]():
		same(json.Number("999999999999.9999"), json.Number("1.20e3"), json.Number("0.1000"))
	case reflect.TypeFor[clarify.Date]():
		same(clarify.Date{Year: 2026, Month: 2, Day: 3})
	case reflect.TypeFor[time.Time]():
		add(at, "2026-08-17T10:30:45.678Z")
	case reflect.TypeFor[clarify.Direction]():
		same(clarify.Ascending, clarify.Descending, clarify.Direction("desc"))
	case reflect.TypeFor[clarify.Name]():
		same(clarify.Name{FirstName: `Ada "Countess"`, LastName: "Łovelace, <PhD>"})
	case reflect.TypeFor[clarify.Fields]():
		same(clarify.Fields{"city": "Zürich", "zip": json.Number("8001"), "x": nil})
	case reflect.TypeFor[clarify.Participant]():
		same(clarify.Participant{Email: "ada@acme.com", Organizer: true})
	case reflect.TypeFor[[]gen.RichTextBlock]():
		same(clarify.Text("a\n<b> & \"c\""))
	default:
		t.Fatalf("there are no values of the type %s to try", of)
	}
	return typed, plain
}

func TestTypedFieldsSendWhatTheStringFormsSend(t *testing.T) {
	people, sent := wired(t)
	requests := 0
	for _, test := range typedFields {
		field := reflect.ValueOf(test.field)
		wantEqual(t, "the name of a "+field.Type().String(), nameOf(t, field), hostileName)
		for i := range field.NumMethod() {
			m := typedMethod{t, field.Type().Method(i).Name, field.Method(i)}
			if m.name == "Exact" {
				exact := m.call.Call(nil)[0]
				wantEqual(t, "the name of "+exact.Type().String(), nameOf(t, exact), hostileName)
				continue
			}
			for _, arguments := range m.arguments() {
				typed := sent(m.send(people, arguments.typed))
				wanted := sent(m.sendString(people, field.Type(), arguments.plain))
				if typed != wanted {
					t.Errorf("%s.%s(%v) sends\n%s\nand its string form\n%s", field.Type(), m.name, arguments.plain, typed, wanted)
				}
				requests++
			}
		}
	}
	if requests < 1000 {
		t.Errorf("only %d calls were compared", requests)
	}
}

// typedMethod is a method of a typed field.
type typedMethod struct {
	t    *testing.T
	name string
	call reflect.Value
}

type typedArguments struct {
	typed []reflect.Value
	plain []any
}

// arguments are those to call the method with: each value alone, and those of a
// variadic method also together and not at all.
func (m typedMethod) arguments() []typedArguments {
	of := m.call.Type()
	if of.NumIn() == 0 {
		return []typedArguments{{}}
	}
	parameter := of.In(0)
	if of.IsVariadic() {
		parameter = parameter.Elem()
	}
	typed, plain := argumentsOf(m.t, parameter)
	var all []typedArguments
	for i := range typed {
		all = append(all, typedArguments{typed[i : i+1], plain[i : i+1]})
	}
	if of.IsVariadic() {
		all = append(all, typedArguments{typed, plain}, typedArguments{})
	}
	return all
}

// send calls the method, and makes a request with the result.
func (m typedMethod) send(people *clarify.Records[clarify.Fields], arguments []reflect.Value) error {
	switch result := m.call.Call(arguments)[0].Interface().(type) {
	case clarify.QueryOption:
		return query(m.t, people, result)
	case clarify.WriteOption:
		_, err := people.Create(m.t.Context(), clarify.Fields{hostileName: "x"}, result)
		return err
	case clarify.FieldChange:
		_, err := people.Update(m.t.Context(), "1", clarify.Set(result))
		return err
	default:
		m.t.Fatalf("%s returns a %T, for which there is no rule", m.name, result)
		return nil
	}
}

func query(t *testing.T, people *clarify.Records[clarify.Fields], option clarify.QueryOption) error {
	t.Helper()
	_, err := collect(t, people.All(t.Context(), option))
	return err
}

// sendString makes the request that the string form of the method makes.
func (m typedMethod) sendString(people *clarify.Records[clarify.Fields], field reflect.Type, arguments []any) error {
	if op, ok := operatorsByName()[m.name]; ok {
		return query(m.t, people, clarify.Where(hostileName, op, arguments...))
	}
	switch m.name {
	case "OrderBy":
		return query(m.t, people, clarify.OrderBy(hostileName, arguments[0].(clarify.Direction)))
	case "Include":
		return query(m.t, people, clarify.Include(hostileName))
	case "MatchOn":
		_, err := people.Create(m.t.Context(), clarify.Fields{hostileName: "x"}, clarify.MatchOn(hostileName))
		return err
	}
	return m.updateString(people, field, arguments)
}

func (m typedMethod) updateString(people *clarify.Records[clarify.Fields], field reflect.Type, arguments []any) error {
	wantError := func(what string) error {
		return errorText(`clarify: Set: field "c_\"näme\" & %20,+": ` + what)
	}
	var opts []clarify.WriteOption
	switch m.name {
	case "To":
	case "Clear":
		_, err := people.Update(m.t.Context(), "1", clarify.Fields{hostileName: nil})
		return err
	case "Append", "Remove":
		if len(arguments) == 0 {
			return wantError(m.name + " has no item")
		}
		opts = append(opts, map[string]func(...string) clarify.WriteOption{"Append": clarify.Append, "Remove": clarify.Remove}[m.name](hostileName))
	case "Replace":
		opts = append(opts, clarify.Replace(hostileName))
	case "Merge":
		opts = append(opts, clarify.Merge(hostileName))
	default:
		m.t.Fatalf("there is no rule for the method %s", m.name)
	}
	if arguments == nil {
		arguments = []any{}
	}
	var value any
	has := func(part string) bool {
		return withoutParameters(field) == part || field.Kind() == reflect.Struct && hasField(field, part)
	}
	switch {
	case has("CollectionSetter"):
		value = clarify.Fields{"items": arguments}
	case has("ArraySetter"):
		value = arguments
	case has("RichTextSetter"):
		value = clarify.Fields{"text": arguments[0]}
	case has("IDSetter") && arguments[0] == "":
		return wantError("the id is empty")
	default:
		value = arguments[0]
	}
	_, err := people.Update(m.t.Context(), "1", clarify.Fields{hostileName: value}, opts...)
	return err
}

func hasField(of reflect.Type, name string) bool {
	_, ok := of.FieldByName(name)
	return ok
}

type errorText string

func (e errorText) Error() string { return string(e) }

func TestTypedFieldsHaveTheOperatorsOfTheirKind(t *testing.T) {
	named := operatorsByName()
	for _, test := range typedFields {
		field := reflect.TypeOf(test.field)
		var got, want []string
		for i := range field.NumMethod() {
			if op, ok := named[field.Method(i).Name]; ok {
				got = append(got, string(op))
			}
		}
		for _, op := range test.kind.Operators() {
			want = append(want, string(op))
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: got the operators %q, want those of the kind %s, %q", field, got, test.kind, want)
		}
	}
}

// A type with a method that makes a query, a write or a change must be among those that
// the tests in this file try.
func TestAllTypedFieldsAreTried(t *testing.T) {
	tried := map[string]bool{}
	for _, test := range typedFields {
		tried[withoutParameters(reflect.TypeOf(test.field))] = true
	}
	root, _ := rootPackage()
	for _, name := range root.Scope().Names() {
		object, ok := root.Scope().Lookup(name).(*types.TypeName)
		if !ok || !object.Exported() {
			continue
		}
		if makesOptions(object.Type()) && !tried[name] {
			t.Errorf("the tests do not try the type %s", name)
		}
	}
}

func makesOptions(t types.Type) bool {
	set := types.NewMethodSet(types.NewPointer(t))
	for i := range set.Len() {
		m := set.At(i).Obj()
		results := m.Type().(*types.Signature).Results()
		if m.Exported() && results.Len() == 1 && isNamed(results.At(0).Type(), "QueryOption", "WriteOption", "FieldChange") {
			return true
		}
	}
	return false
}
