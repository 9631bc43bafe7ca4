package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/clarify-go/clarify"
)

// loneMeeting is a meeting without follow-up.
type loneMeeting struct {
	ID, Title, Day string
	People         string
}

// meetings is all of these, and how many meetings there were.
type meetings struct {
	Lone  []loneMeeting // the latest first, at most maxShown
	Count int
	Held  int
}

// meetings asks for the meetings since a time that are over, and after whose beginning no
// task was created that is linked to it, or to one of its people, companies or deals.
func (a *asked) meetings(ctx context.Context, since, now time.Time) (*meetings, error) {
	c, err := a.catalog(ctx)
	if err != nil || !c.has("meeting", "start") {
		return nil, err
	}
	followed := "SELECT NULL AS id WHERE false"
	if c.has("task", "meeting_id") {
		followed += ` UNION SELECT held._id FROM held JOIN task ON task.meeting_id = held._id WHERE task._created_at >= held.start`
	}
	for _, link := range []struct{ table, column string }{
		{"meeting__people", "person_id"}, {"meeting__companies", "company_id"}, {"meeting__deals", "deal_id"},
	} {
		if c.has(link.table, "meeting_id", link.column) && c.has("task", link.column) {
			followed += fmt.Sprintf(` UNION SELECT held._id FROM held JOIN %[1]s ON %[1]s.meeting_id = held._id
				JOIN task ON task.%[2]s = %[1]s.%[2]s WHERE task._created_at >= held.start`, link.table, link.column)
		}
	}
	people := "NULL"
	if c.has("meeting__people", "meeting_id", "person_id") && c.has("person", "name") {
		people = `(SELECT json_group_array(json(person.name)) FROM meeting__people JOIN person ON person._id = person_id WHERE meeting_id = held._id)`
	}
	query := fmt.Sprintf(`WITH held AS (SELECT _id, %s AS title, start FROM meeting WHERE start >= %s AND coalesce(%s, start) < %s), followed AS (%s)
		SELECT _id, title, start, %s, _id IN (SELECT id FROM followed) FROM held ORDER BY start DESC, _id`,
		c.column("meeting", "title"), timeLiteral(since), c.column("meeting", "end"), timeLiteral(now), followed, people)
	all := &meetings{}
	for row, err := range a.rows(ctx, query) {
		if err != nil {
			return nil, err
		}
		all.Held++
		if row[4] != "0" {
			continue
		}
		all.Count++
		if len(all.Lone) == maxShown {
			continue
		}
		m := loneMeeting{ID: row[0], Title: row[1], Day: row[2][:len(time.DateOnly)], People: namesOf(row[3])}
		all.Lone = append(all.Lone, m)
	}
	return all, nil
}

// namesOf returns some names of people.
func namesOf(list string) string {
	var all []clarify.Name
	if json.Unmarshal([]byte(list), &all) != nil {
		return ""
	}
	var texts []string
	for i, name := range all {
		if i == 4 {
			texts = append(texts, fmt.Sprintf("and %d more", len(all)-i))
			break
		}
		texts = append(texts, name.String())
	}
	return strings.Join(texts, ", ")
}
