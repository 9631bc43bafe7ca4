package main

import (
	"context"
	"fmt"
	"time"
)

// staleDeal is an open deal that nobody has touched for a while.
type staleDeal struct {
	ID, Name, Stage, Company, Owner string
	Amount                          string
	Last                            string // the day when something happened at last, empty if it is not known
	Days                            int    // since then
}

// stale is all of these.
type stale struct {
	Deals  []staleDeal // the longest untouched first, at most maxShown
	Count  int
	Amount amount // of all of them
}

// maxShown is how many rows a page has at most.
const maxShown = 200

// stale asks for the deals that are open, and of which nothing was heard since a time: no
// change, no task, no meeting, and no activity or comment if these are mirrored.
func (a *asked) stale(ctx context.Context, since, now time.Time, closed []string) (*stale, error) {
	c, err := a.catalog(ctx)
	if err != nil || !c.has("deal") {
		return nil, err
	}
	touched := `SELECT _id AS id, coalesce(_updated_at, _created_at) AS at FROM deal
		UNION ALL SELECT id, _created_at FROM _activities WHERE object = 'deal'
		UNION ALL SELECT id, coalesce(_updated_at, _created_at) FROM _comments WHERE object = 'deal'`
	if c.has("task", "deal_id") {
		touched += ` UNION ALL SELECT deal_id, coalesce(_updated_at, _created_at) FROM task WHERE deal_id IS NOT NULL`
	}
	if c.has("meeting", "start") && c.has("meeting__deals", "meeting_id", "deal_id") {
		touched += ` UNION ALL SELECT deal_id, start FROM meeting__deals JOIN meeting ON meeting._id = meeting_id WHERE start <= ` + timeLiteral(now)
	}
	company, exact := "NULL", "NULL"
	join := ""
	if c.has("deal", "company_id") && c.has("company", "name") {
		company, join = "company.name", " LEFT JOIN company ON company._id = deal.company_id"
	}
	owner := "NULL"
	if c.has("deal", "owner_id") {
		owner, join = "coalesce(u.name, u.email)", join+" LEFT JOIN _users u ON u._id = deal.owner_id"
	}
	if c.has("deal", "amount") {
		exact = `CASE WHEN deal.amount IS NOT NULL THEN deal._record -> '$.attributes.amount' END`
	}
	query := fmt.Sprintf(`WITH touched AS (%s), last AS (SELECT id, coalesce(max(at), '') AS at FROM touched GROUP BY id)
		SELECT deal._id, %s, %s AS stage, %s, %s, %s, last.at FROM deal JOIN last ON last.id = deal._id%s
		WHERE coalesce(%s, '') NOT IN (%s) AND last.at < %s ORDER BY last.at, deal._id`,
		touched, c.column("deal", "name"), c.column("deal", "stage"), company, owner, exact, join,
		c.column("deal", "stage"), literals(closed), timeLiteral(since))
	all := &stale{}
	for row, err := range a.rows(ctx, query) {
		if err != nil {
			return nil, err
		}
		all.Count++
		own := &amount{}
		if own.add(row[5]) {
			all.Amount.plus(own)
		}
		if len(all.Deals) == maxShown {
			continue
		}
		d := staleDeal{ID: row[0], Name: row[1], Stage: row[2], Company: row[3], Owner: row[4]}
		if row[5] != "" {
			d.Amount = own.String()
		}
		if last, err := time.Parse(timeForm, row[6]); err == nil {
			d.Last, d.Days = last.Format(time.DateOnly), int(now.Sub(last)/(24*time.Hour))
		}
		all.Deals = append(all.Deals, d)
	}
	return all, nil
}
