package jsonscan_test

import (
	"testing"

	"github.com/clarify-go/clarify/internal/jsonscan"
)

func TestANameInAnotherCaseMakesTheScannerGiveUpEachTime(t *testing.T) {
	names := jsonscan.NewNames(jsonscan.FoldedGivesUp, "data")
	read := func(s *jsonscan.Scanner) {
		c := names.Cursor(s)
		for more := s.Object(); more; more = s.NextMember() {
			c.Next()
			s.Skip()
		}
	}
	for range 3 {
		if taken, _ := jsonscan.Scan([]byte(`{"Data":1}`), read); taken {
			t.Error("the scanner takes Data, and the name is data")
		}
		if taken, _ := jsonscan.Scan([]byte(`{"data":1}`), read); !taken {
			t.Error("the scanner does not take data")
		}
	}
}
