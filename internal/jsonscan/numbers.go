package jsonscan

import "strconv"

// parseInt reads a number that Scanner.Number returned.
func parseInt(b []byte, bits int) (n int64, ok bool) {
	const short = 18 // digits that cannot overflow
	if bits == 64 && 0 < len(b) && len(b) <= short {
		digits := b
		if b[0] == '-' {
			digits = b[1:]
		}
		for _, c := range digits {
			if c -= '0'; c > 9 {
				return 0, false
			}
			n = 10*n + int64(c)
		}
		if len(digits) < len(b) {
			n = -n
		}
		return n, true
	}
	n, err := strconv.ParseInt(string(b), 10, bits)
	return n, err == nil
}

// parseFloat reads a number that Scanner.Number returned.
func parseFloat(b []byte, bits int) (f float64, ok bool) {
	const exact = 15 // digits of which any number, and what follows from it, is exact
	if bits == 64 && 0 < len(b) && len(b) <= exact && b[0] != '-' {
		n, fraction := int64(0), 0
		for i, c := range b {
			if c == '.' {
				fraction = len(b) - i - 1
				continue
			}
			if c -= '0'; c > 9 {
				return parseAnyFloat(b, bits)
			}
			n = 10*n + int64(c)
		}
		// Both are exact, so the quotient is the closest there is.
		return float64(n) / powers[fraction], true
	}
	return parseAnyFloat(b, bits)
}

func parseAnyFloat(b []byte, bits int) (f float64, ok bool) {
	f, err := strconv.ParseFloat(string(b), bits)
	return f, err == nil
}

var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}
