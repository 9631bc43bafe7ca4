package clarify

import (
	"encoding/json"
	"fmt"
)

// Checkbox is a boolean that may be absent, which its zero value is. Types that
// clarify-gen generates have it for checkboxes:
//
//	crm.Task{Done: clarify.Unchecked}
type Checkbox uint8

// The values of a checkbox: false and true.
const (
	Unchecked Checkbox = iota + 1
	Checked
)

// CheckboxOf returns Checked for true, and Unchecked for false.
func CheckboxOf(checked bool) Checkbox {
	if checked {
		return Checked
	}
	return Unchecked
}

// String returns checked, unchecked, or nothing.
func (c Checkbox) String() string {
	switch c {
	case 0:
		return ""
	case Unchecked:
		return "unchecked"
	case Checked:
		return "checked"
	}
	return fmt.Sprintf("Checkbox(%d)", uint8(c))
}

// MarshalJSON encodes true, false, or null if the checkbox is absent.
func (c Checkbox) MarshalJSON() ([]byte, error) {
	switch c {
	case 0:
		return []byte("null"), nil
	case Unchecked:
		return []byte("false"), nil
	case Checked:
		return []byte("true"), nil
	}
	return nil, fmt.Errorf("clarify: invalid checkbox %d: must be Checked or Unchecked", uint8(c))
}

// UnmarshalJSON decodes true, false or null.
func (c *Checkbox) UnmarshalJSON(b []byte) error {
	var checked *bool
	if err := json.Unmarshal(b, &checked); err != nil {
		return fmt.Errorf("clarify: invalid checkbox %q: must be true or false", b)
	}
	if *c = 0; checked != nil {
		*c = CheckboxOf(*checked)
	}
	return nil
}
