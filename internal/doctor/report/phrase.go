package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// Constant is a string that stands in the source of the program. Nothing that was
// received is converted to it: a test sees to that.
type Constant string

// Operand is what a [Phrase] says of something that was received.
type Operand struct{ shown string }

func (o Operand) String() string { return o.shown }

// Int is a number that is the program's own: a count, a status, a length.
func Int(n int) Operand { return Operand{strconv.Itoa(n)} }

// Word is a word that is a constant of the program.
func Word(w Constant) Operand { return Operand{string(w)} }

// Phrase is a sentence that can be shown.
type Phrase struct{ said string }

func (p Phrase) String() string { return p.said }

// Say makes a phrase, as [fmt.Sprintf] does with %v for each operand.
func Say(format Constant, operands ...Operand) Phrase {
	args := make([]any, len(operands))
	for i, o := range operands {
		args[i] = o
	}
	return Phrase{fmt.Sprintf(string(format), args...)}
}

// Shape says what a JSON value is without saying the value: its type, and how long
// it is.
func Shape(value any) Operand {
	switch v := value.(type) {
	case nil:
		return Operand{"null"}
	case bool:
		return Operand{"a boolean"}
	case string:
		return Operand{fmt.Sprintf("a string of %s", count(len(v), "byte"))}
	case json.Number, float64, int, int64:
		return Operand{"a number"}
	case []any:
		return Operand{fmt.Sprintf("an array of %s", count(len(v), "item"))}
	case map[string]any:
		return Operand{fmt.Sprintf("an object of %s", count(len(v), "member"))}
	}
	return Operand{"a value"}
}

// Body says what the body of a response is.
func Body(body []byte) Operand {
	switch trimmed := bytes.TrimSpace(body); {
	case len(body) == 0:
		return Operand{"no body"}
	case json.Valid(trimmed):
		return Operand{fmt.Sprintf("JSON of %s", count(len(body), "byte"))}
	case bytes.HasPrefix(trimmed, []byte("<")):
		return Operand{fmt.Sprintf("a page of %s", count(len(body), "byte"))}
	}
	return Operand{count(len(body), "byte")}
}

func count(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return strconv.Itoa(n) + " " + unit + "s"
}
