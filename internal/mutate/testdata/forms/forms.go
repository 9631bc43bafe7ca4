// Package forms has a statement of each form that mutate changes.
package forms

import "errors"

const limit = 3

type pair struct{ a, b int }

func conditions(a, b int, ok bool) bool {
	for a < b {
		a++
	}
	return !ok || a == b && true
}

func numbers(list []int, r rune) (pair, error) {
	list[0] -= limit
	if r == 'x' {
		return pair{}, errors.New("forms: not changed")
	}
	return pair{len(list[1:len(list)]), list[len(list)-1] * 2}, nil
}

func words(s string) func() string {
	if s == "" {
		s = "empty"
	}
	return func() string { return s }
}

func release(f func(), done chan<- bool) {
	defer f()
	switch {
	case done != nil:
		done <- true
	}
}
