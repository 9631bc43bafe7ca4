// Package values knows the values that fields of records have: their kinds, how they
// are checked, compared and sorted, and how problems with them are told. It knows
// neither schemas nor records.
package values
