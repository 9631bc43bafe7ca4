package main

import (
	"math/big"
	"strings"
)

// amount is a sum of numbers in decimal form. It is exact: 0.1 and 0.2 are 0.3, and sixteen
// digits remain sixteen digits.
type amount struct{ sum big.Rat }

// add adds a number as it is in JSON, and reports whether it is one.
func (a *amount) add(number string) bool {
	n, ok := new(big.Rat).SetString(number)
	if ok {
		a.sum.Add(&a.sum, n)
	}
	return ok
}

func (a *amount) plus(b *amount) { a.sum.Add(&a.sum, &b.sum) }

// float returns about the amount, to draw it.
func (a *amount) float() float64 {
	f, _ := a.sum.Float64()
	return f
}

// String returns the amount with all its digits, in groups: 1,234.5.
func (a *amount) String() string {
	digits, _ := a.sum.FloatPrec()
	text := a.sum.FloatString(digits)
	sign := ""
	if strings.HasPrefix(text, "-") {
		sign, text = "\u2212", text[1:]
	}
	whole, fraction, found := strings.Cut(text, ".")
	var b strings.Builder
	b.WriteString(sign)
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	if found {
		b.WriteString("." + fraction)
	}
	return b.String()
}
