package clarify

import (
	"errors"
	"fmt"
	"slices"
)

// assign returns the position of each input's record in a response.
func assign(byID bool, page *recordPage, inputs []*input) ([]int, error) {
	positions := make(map[string]int, page.to)
	for i := range page.to {
		positions[page.id(i)] = i
	}
	if !byID {
		if len(positions) < page.to {
			return nil, errors.New("it has the same record twice, and each was created")
		}
		return inOrder(page.to, len(inputs))
	}
	places := make([]int, len(inputs))
	for i, in := range inputs {
		place, ok := positions[in.id]
		if !ok {
			return nil, fmt.Errorf("it does not have the record %s, which was updated", in.id)
		}
		places[i] = place
	}
	return places, nil
}

func inOrder(records, inputs int) ([]int, error) {
	if records != inputs {
		return nil, wrongNumber(records, inputs)
	}
	places := make([]int, inputs)
	for i := range places {
		places[i] = i
	}
	return places, nil
}

func wrongNumber(records, inputs int) error {
	return fmt.Errorf("it has %d records, and %d were written", records, inputs)
}

const nowhere = -1

// match returns the position of the record in a response that has the value of each
// input for the field matchOn. Several inputs may be of one record: it may have the
// email address of one input and that of another. An input whose value no record
// has, as the API may normalize it, is assigned the record at its own position,
// unless that is the record of another input.
func match(matchOn string, page *recordPage, inputs []*input) ([]int, error) {
	holders, err := holdersOf(matchOn, page)
	if err != nil {
		return nil, err
	}
	places, taken, missing := make([]int, len(inputs)), make([]bool, page.to), false
	for i, in := range inputs {
		if places[i] = in.find(holders, i); places[i] == nowhere {
			missing = true
		} else {
			taken[places[i]] = true
		}
	}
	if missing && page.to != len(inputs) {
		return nil, wrongNumber(page.to, len(inputs))
	}
	for i := range inputs {
		if places[i] == nowhere {
			if taken[i] {
				return nil, fmt.Errorf("it has the record %s for several inputs", page.id(i))
			}
			places[i], taken[i] = i, true
		}
	}
	if i := slices.Index(taken, false); i >= 0 {
		return nil, fmt.Errorf("it has the record %s, which is that of no input", page.id(i))
	}
	return places, nil
}

// holdersOf returns the positions of the records that have each key.
func holdersOf(matchOn string, page *recordPage) (map[string][]int, error) {
	holders := map[string][]int{}
	for i, w := range page.facts.(*writtenList).all {
		if w.raw == nil {
			continue // the record came without attributes
		}
		attributes, err := membersOf(w.raw)
		if err != nil {
			return nil, err
		}
		value, _ := attributes.get(matchOn)
		for _, key := range keysOf(value) {
			holders[key] = append(holders[key], i)
		}
	}
	return holders, nil
}

// find returns the position of the record that has a key of an input, which is
// the i-th. If several records have one, it prefers the one at the input's own
// position.
func (in *input) find(holders map[string][]int, i int) int {
	place := nowhere
	for _, key := range in.keys {
		found := holders[key]
		if slices.Contains(found, i) {
			return i
		}
		if len(found) > 0 && place == nowhere {
			place = found[0]
		}
	}
	return place
}
