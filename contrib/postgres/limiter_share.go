package clarifypostgres

import (
	"slices"
)

// share gives room to a process that asks. All that wait have claims: those of the
// class interactive go first, and within a class the processes that took least
// lately, until they are level.
func (w *window) share(now int64, me *member, a ask) grant {
	room := w.room(now)
	if room <= 0 && w.Others > 0 && now >= w.Reset {
		// The window of the others rolls: there is room for one request at least. Its
		// response reports how much more there is.
		w.Others--
		w.Probe, w.Reset = true, w.Empty
		room = w.room(now)
	}
	ahead := me.Ahead
	me.Want, me.Ahead, me.Until = a.want, [2]int{}, now
	most := w.maxGrant(now, room, me, a)

	var g grant
	claims := w.claims(now)
	left := room
	fills := w.fill(claims, left, interactive, nil)
	g.credits[interactive] = min(fills[me.ID], most)
	for _, n := range fills {
		left -= n
	}
	if !w.Probe || w.outstanding() > 0 {
		left -= w.reserve()
	}
	g.credits[bulk] = min(w.fill(claims, left, bulk, fills)[me.ID], most-g.credits[interactive])
	g.credits[bulk] = max(g.credits[bulk], 0)

	granted := g.credits[interactive] + g.credits[bulk]
	if granted == 0 && me.Want != [2]int{} {
		g.delay, g.certain = w.next(now, room, me)
	} else {
		// What it has comes first; it asks again before that is used up.
		me.Want = [2]int{}
	}
	me.Unsent, me.Ahead = granted, ahead
	if me.Want != [2]int{} || ahead != [2]int{} {
		me.Until = now + g.delay + claimLasts
	}
	g.others, g.known = w.Others > 0, w.Limit > 0
	return g
}

// maxGrant bounds what a process gets at once, so that what is left of a window is not
// in the hands of a few, and that not much is lost with one that dies.
func (w *window) maxGrant(now int64, room int, me *member, a ask) int {
	active := 0
	for i := range w.Members {
		if m := &w.Members[i]; m == me || m.claims(now) || m.outstanding() > 0 {
			active++
		}
	}
	most := max(room/active, 1)
	if w.Limit == 0 {
		most = min(most, max(unconfirmed-a.inFlight, 1))
	}
	return max(most, min(a.unsent, room))
}

// claims returns the processes that wait for room, those that took least first.
func (w *window) claims(now int64) []*member {
	var all []*member
	for i := range w.Members {
		if w.Members[i].claims(now) {
			all = append(all, &w.Members[i])
		}
	}
	slices.SortFunc(all, byLoad)
	return all
}

// fill divides room among processes for a class, so that those that took least come
// level, and returns what each gets. before is what they get for another class.
func (w *window) fill(claims []*member, room, class int, before map[string]int) map[string]int {
	fills := map[string]int{}
	if room <= 0 {
		return fills
	}
	want := func(m *member) int { return m.Want[class] + m.Ahead[class] }
	load := func(m *member) int { return int(m.Load) + m.outstanding() + before[m.ID] }
	// total is what all get who come up to a level.
	total := func(level int) (n int) {
		for _, m := range claims {
			n += min(max(level-load(m), 0), want(m))
		}
		return n
	}
	low, high := 0, 1
	for _, m := range claims {
		high = max(high, load(m)+want(m)+1)
	}
	for high-low > 1 { // total(low) fits
		if middle := (low + high) / 2; total(middle) <= room {
			low = middle
		} else {
			high = middle
		}
	}
	for _, m := range claims {
		fills[m.ID] = min(max(low-load(m), 0), want(m))
		room -= fills[m.ID]
	}
	// The rest is less than one for each.
	for _, m := range claims {
		if room > 0 && fills[m.ID] < want(m) && load(m) <= low {
			fills[m.ID]++
			room--
		}
	}
	return fills
}

const (
	// soon is when to ask again, in milliseconds, if others may hand back what they
	// have reserved.
	soon = 250
	// soonest is when to ask again if there is room that others have claims to.
	soonest = 25
)

// next returns in how many milliseconds a process that got nothing may get some room,
// and whether that is certain: nothing that others do can change it.
func (w *window) next(now int64, room int, me *member) (delay int64, certain bool) {
	need := 1
	if me.Want[interactive] == 0 && !w.Probe {
		need += w.reserve()
	}
	delay = w.length
	if room >= need {
		return soonest, false
	}
	freed := room
	for _, b := range w.Used {
		at := w.recorded(b) + w.length
		if at <= now {
			continue
		}
		if freed += int(b[1]); freed >= need {
			delay = at - now
			break
		}
	}
	if w.Others > 0 && w.Reset > now {
		delay = min(delay, w.Reset-now)
	}
	certain = true
	unsent, inFlight := 0, 0
	for i := range w.Members {
		unsent += w.Members[i].Unsent
		inFlight += w.Members[i].InFlight
	}
	if unsent > 0 || w.Others > 0 && inFlight > 0 {
		certain = false
		delay = min(delay, soon)
	}
	return max(delay, 1), certain
}
