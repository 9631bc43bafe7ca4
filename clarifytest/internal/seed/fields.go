package seed

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/clarify-go/clarify/clarifytest/internal/schema"
	"github.com/clarify-go/clarify/clarifytest/internal/store"
	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// fieldsOf make the values of fields. What they return is not nil but untyped
// if there is no value.
var fieldsOf map[string]map[string]func(g *seeding, i int) any

func init() {
	fieldsOf = map[string]map[string]func(g *seeding, i int) any{
		"person": {
			"name": func(g *seeding, i int) any {
				first, last := g.personName(i)
				return map[string]any{"first_name": first, "last_name": last, "full_name": g.fullName(i)}
			},
			"email_addresses": func(g *seeding, i int) any { return itemsOf(g.email(i)) },
			"job_title":       func(g *seeding, i int) any { return pickOf(g, "person", saltTitle, i, jobTitles) },
			"phone_numbers": func(g *seeding, i int) any {
				if g.pick("person", saltPhone, i, 3) > 0 {
					return nil
				}
				return itemsOf(fmt.Sprintf("+1 %d 555 01%02d", 201+g.pick("person", saltPhone+1, i, 700), g.pick("person", saltPhone+2, i, 100)))
			},
			"labels":     func(g *seeding, i int) any { return g.labels("person", i, personLabels) },
			"company_id": func(g *seeding, i int) any { return idAt(g.companies, int(g.employer[i])) },
		},
		"company": {
			"name":    func(g *seeding, i int) any { return g.companyName(i) },
			"domains": func(g *seeding, i int) any { return itemsOf(g.domain(i)) },
			"industry": func(g *seeding, i int) any {
				_, _, trade, _ := g.companyWords(i)
				return trade
			},
			"employee_count": func(g *seeding, i int) any {
				return values.Int(g.pick("company", saltAmount+1, i, 8<<g.pick("company", saltAmount, i, 10)) + 1)
			},
			"labels": func(g *seeding, i int) any { return g.labels("company", i, companyLabels) },
		},
		"deal": {
			"name": func(g *seeding, i int) any {
				product := pickOf(g, "deal", saltProduct, i, products)
				if c := g.dealCompany(i); c >= 0 {
					return fmt.Sprintf("%s: %s %d", g.companyName(c), product, g.first+i+1)
				}
				return fmt.Sprintf("%s %d", product, g.first+i+1)
			},
			"description": func(g *seeding, i int) any { return g.sometimes("deal", i, descriptions) },
			"amount": func(g *seeding, i int) any {
				amount := 500 << g.pick("deal", saltAmount, i, 10)
				return values.Int(amount + 50*g.pick("deal", saltAmount+1, i, amount/50))
			},
			"stage":      func(g *seeding, i int) any { return pickOf(g, "deal", saltStage, i, g.options["deal"]["stage"]) },
			"close_date": func(g *seeding, i int) any { return g.dayAfter("deal", i, g.count.Deals, 30, 210) },
			"owner_id":   func(g *seeding, i int) any { return pickOf(g, "deal", saltAssignee, i, g.users) },
			"labels":     func(g *seeding, i int) any { return g.labels("deal", i, dealLabels) },
			"company_id": func(g *seeding, i int) any { return idAt(g.companies, g.dealCompany(i)) },
		},
		"meeting": {
			"title": func(g *seeding, i int) any {
				title := pickOf(g, "meeting", saltTitle, i, meetingTitles)
				if c := g.meetingCompany(i); c >= 0 {
					title += " with " + g.companyName(c)
				}
				return title
			},
			"start": func(g *seeding, i int) any {
				start, _ := g.meetingTimes(i)
				return values.FormatTime(start)
			},
			"end": func(g *seeding, i int) any {
				_, end := g.meetingTimes(i)
				return values.FormatTime(end)
			},
			"all_day":    func(*seeding, int) any { return false },
			"visibility": func(*seeding, int) any { return "default" },
			"event_id": func(g *seeding, i int) any {
				if g.adhoc(i) {
					return schema.AdHocPrefix + g.eventID(i)
				}
				return g.eventID(i)
			},
			"ical_uid": func(g *seeding, i int) any {
				if g.adhoc(i) {
					return nil
				}
				return g.eventID(i) + "@calendar.example"
			},
			"participants": func(g *seeding, i int) any {
				items := []any{}
				for _, r := range g.attendees(i) {
					items = append(items, map[string]any{
						"email": g.email(r.Number), "name": g.fullName(r.Number), "phone_number": nil,
						"status":    pickOf(g, "meeting", saltStage+len(items)%16, i, attendance),
						"organizer": len(items) == 0,
					})
				}
				return map[string]any{"items": items}
			},
		},
		"task": {
			"title": func(g *seeding, i int) any {
				title := pickOf(g, "task", saltTitle, i, taskTitles)
				switch about := g.taskAbout(i); {
				case about.person >= 0:
					return title + " " + g.fullName(about.person)
				case about.company >= 0:
					return title + " " + g.companyName(about.company)
				}
				return title + " everybody"
			},
			"description": func(g *seeding, i int) any {
				if text := g.sometimes("task", i, descriptions); text != nil {
					return map[string]any{"text": []any{map[string]any{"type": "paragraph", "children": []any{map[string]any{"text": text}}}}}
				}
				return nil
			},
			"status":      func(g *seeding, i int) any { return pickOf(g, "task", saltStage, i, g.options["task"]["status"]) },
			"priority":    func(g *seeding, i int) any { return pickOf(g, "task", saltStage+1, i, g.options["task"]["priority"]) },
			"due_date":    func(g *seeding, i int) any { return g.dayAfter("task", i, g.count.Tasks, 1, 30) },
			"assignee_id": func(g *seeding, i int) any { return pickOf(g, "task", saltAssignee, i, g.users) },
			"person_id":   func(g *seeding, i int) any { return idAt(g.people, g.taskAbout(i).person) },
			"company_id":  func(g *seeding, i int) any { return idAt(g.companies, g.taskAbout(i).company) },
			"deal_id":     func(g *seeding, i int) any { return idAt(g.deals, g.taskAbout(i).deal) },
			"meeting_id":  func(g *seeding, i int) any { return idAt(g.meetings, g.taskAbout(i).meeting) },
		},
	}
}

// idAt returns the id of one of the records, nil if there is none of the number.
func idAt(records []*store.Record, number int) any {
	if number < 0 {
		return nil
	}
	return records[number].ID
}

// dayAfter is a date so many days after a record of an object was created.
func (g *seeding) dayAfter(object string, i, n, from, to int) any {
	return g.created(object, i, n).AddDate(0, 0, from+g.pick(object, saltDay, i, to-from)).Format(values.DateLayout)
}

func (g *seeding) meetingTimes(i int) (start, end time.Time) {
	days := 1 + g.pick("meeting", saltDay, i, 14)
	start = g.created("meeting", i, g.count.Meetings).AddDate(0, 0, days).Truncate(30 * time.Minute)
	return start, start.Add(time.Duration(1+g.pick("meeting", saltDay+1, i, 4)) * 30 * time.Minute)
}

func (g *seeding) eventID(i int) string {
	return fmt.Sprintf("%016x", g.random("meeting", saltEvent, i))
}

// adhoc reports whether a meeting is in no calendar.
func (g *seeding) adhoc(i int) bool { return g.pick("meeting", saltEvent+1, i, 4) == 0 }

// taskAbout is what a task has to do with: the numbers of records, -1 for none.
type taskAbout struct{ person, company, deal, meeting int }

func (g *seeding) taskAbout(i int) taskAbout {
	about := taskAbout{-1, -1, -1, -1}
	var people []*store.Record
	switch what := g.pick("task", saltCompany, i, 4); {
	case what == 0 && len(g.deals) > 0:
		about.deal = g.pick("task", saltCompany+1, i, len(g.deals))
		about.company = g.dealCompany(about.deal)
		people = g.peopleOf("deal", about.company, 2, about.deal)
	case what == 1 && len(g.meetings) > 0:
		about.meeting = g.pick("task", saltCompany+1, i, len(g.meetings))
		people = g.attendees(about.meeting)
	case what == 2 && len(g.companies) > 0:
		about.company = g.pick("task", saltCompany+1, i, len(g.companies))
	case len(g.people) > 0:
		about.person = g.pick("task", saltCompany+1, i, len(g.people))
		about.company = int(g.employer[about.person])
	}
	if len(people) > 0 {
		about.person = people[0].Number
	}
	return about
}

// sometimes gives every third record a string.
func (g *seeding) sometimes(object string, i int, texts []string) any {
	n := g.pick(object, saltText, i, 3*len(texts))
	if n >= len(texts) {
		return nil
	}
	return texts[n]
}

func itemsOf(texts ...string) any {
	items := make([]any, len(texts))
	for i, text := range texts {
		items[i] = text
	}
	return map[string]any{"items": items}
}

// labels gives every fifth record one.
func (g *seeding) labels(object string, i int, values []string) any {
	n := g.pick(object, saltLabel, i, 5*len(values))
	if n >= len(values) {
		return nil
	}
	return itemsOf(values[n])
}

func (g *seeding) personName(i int) (first, last string) {
	return pickOf(g, "person", saltName, i, firstNames), pickOf(g, "person", saltName+1, i, lastNames)
}

func (g *seeding) fullName(i int) string {
	first, last := g.personName(i)
	return first + " " + last
}

// email is that of the only person of this number, wherever people work.
func (g *seeding) email(i int) string {
	first, last := g.personName(i)
	host := "mail.example"
	if c := g.employer[i]; c >= 0 {
		host = g.domain(int(c))
	}
	return strings.ToLower(first) + "." + strings.ToLower(last) + strconv.Itoa(g.first+i+1) + "@" + host
}

// companyName is no other company's: each number has its own three words, and
// once they are used up a number after them.
func (g *seeding) companyName(i int) string {
	first, second, trade, round := g.companyWords(i)
	name := first + second + " " + trade
	if round > 0 {
		name += " " + strconv.Itoa(round+1)
	}
	return name
}

func (g *seeding) domain(i int) string {
	first, second, trade, round := g.companyWords(i)
	name := strings.ToLower(first + second + "-" + trade)
	if round > 0 {
		name += strconv.Itoa(round + 1)
	}
	return name + ".example"
}

func (g *seeding) companyWords(i int) (first, second, trade string, round int) {
	words := len(companyFirst) * len(companySecond) * len(companyTrade)
	i += g.first
	round = i / words
	// The factor has no divisor in common with words, so all come up in turn.
	n := i * 7919 % words
	first = companyFirst[n%len(companyFirst)]
	n /= len(companyFirst)
	second = companySecond[n%len(companySecond)]
	return first, second, companyTrade[n/len(companySecond)], round
}
