package mirror_test

import (
	"slices"
	"testing"

	"github.com/clarify-go/clarify/mirror"
)

func TestAMirrorEqualsTheWorkspace(t *testing.T) {
	w := newWorld(t)
	w.server.Seed(t, 300)
	summary := w.run()
	w.equal()
	if total := summary.Total(); total.Written != len(w.values("select object from search"))+0 && total.Written == 0 {
		t.Errorf("the summary is %+v", total)
	}
	t.Log(w.values("select name from pragma_table_list where schema = 'main' order by name"))
	t.Log(w.values("select * from person limit 1"))
	t.Log(w.values("select key, substr(value,1,60) from _state"))
	again := w.requests(func() { w.run() })
	objects := len(summary.Objects)
	t.Logf("%d objects, %d requests when nothing changed", objects, again)
	if again > 2*objects+6 {
		t.Errorf("a run took %d requests though nothing had changed", again)
	}
}

var _ = slices.Sort[[]int]
var _ mirror.Option
