package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"iter"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/clarify-go/clarify"
)

// twin is a record that is likely there twice.
type twin struct {
	ID, Name, Details, Company, Created string

	companyID string
	keys      []key
}

// key is what two records that stand for the same have in common.
type key struct{ why, value string }

const (
	sameEmail  = "the same email address"
	sameDomain = "the same domain"
	sameName   = "the same name"
)

// group is some records that likely stand for the same.
type group struct {
	Object  string
	Why     string
	Records []*twin // the oldest first
}

// Call returns the call of the client that merges the others into the oldest.
func (g *group) Call() string {
	records := map[string]string{"person": "People", "company": "Companies"}[g.Object]
	var ids []string
	for _, r := range g.Records {
		ids = append(ids, strconv.Quote(r.ID))
	}
	return fmt.Sprintf("err := clarify.%s(client).Merge(ctx, %s)", records, strings.Join(ids, ", "))
}

// Kind is what people call the records.
func (g *group) Kind() string {
	return map[string]string{"person": "people", "company": "companies"}[g.Object]
}

// duplicates finds the groups of people or companies, by the names of their objects. It
// reads all of them twice, and keeps only those that may be in a group.
func (a *asked) duplicates(ctx context.Context, object string) ([]*group, error) {
	c, err := a.catalog(ctx)
	if err != nil || !c.has(object) {
		return nil, err
	}
	seed, count := maphash.MakeSeed(), map[uint64]bool{} // whether a key is there twice
	for t, err := range a.twins(ctx, c, object) {
		if err != nil {
			return nil, err
		}
		for _, k := range t.keys {
			hash := maphash.Comparable(seed, k)
			_, seen := count[hash]
			count[hash] = seen
		}
	}
	byKey := map[key][]*twin{}
	var candidates []*twin
	for t, err := range a.twins(ctx, c, object) {
		if err != nil {
			return nil, err
		}
		before := len(candidates)
		for _, k := range t.keys {
			if count[maphash.Comparable(seed, k)] {
				byKey[k] = append(byKey[k], t)
				candidates = append(candidates[:before], t)
			}
		}
	}
	return groupsOf(object, candidates, byKey), nil
}

// groupsOf joins the records that have a key in common.
func groupsOf(object string, candidates []*twin, byKey map[key][]*twin) []*group {
	leader := map[*twin]*twin{}
	find := func(t *twin) *twin {
		for leader[t] != nil {
			t = leader[t]
		}
		return t
	}
	why := map[*twin][]string{}
	for k, all := range byKey {
		for _, some := range split(k, all) {
			for _, t := range some[1:] {
				if a, b := find(some[0]), find(t); a != b {
					leader[b] = a
				}
			}
			why[some[0]] = append(why[some[0]], k.why)
		}
	}
	byLeader := map[*twin]*group{}
	reasons := map[*group][]string{}
	var groups []*group
	for _, t := range candidates {
		at := find(t)
		g := byLeader[at]
		if g == nil {
			g = &group{Object: object}
			byLeader[at] = g
			groups = append(groups, g)
		}
		g.Records = append(g.Records, t)
		reasons[g] = append(reasons[g], why[t]...)
	}
	groups = slices.DeleteFunc(groups, func(g *group) bool { return len(g.Records) < 2 })
	for _, g := range groups {
		slices.Sort(reasons[g])
		g.Why = strings.Join(slices.Compact(reasons[g]), ", ")
		slices.SortFunc(g.Records, func(a, b *twin) int { return cmp.Or(cmp.Compare(a.Created, b.Created), cmp.Compare(a.ID, b.ID)) })
	}
	slices.SortFunc(groups, func(a, b *group) int {
		return cmp.Or(cmp.Compare(a.Records[0].Name, b.Records[0].Name), cmp.Compare(a.Records[0].ID, b.Records[0].ID))
	})
	return groups
}

// split divides the records with a key into those that likely stand for the same. People
// with the same name at different companies do not.
func split(k key, all []*twin) (parts [][]*twin) {
	byCompany := map[string][]*twin{}
	if k.why == sameName {
		for _, t := range all {
			byCompany[t.companyID] = append(byCompany[t.companyID], t)
		}
		unknown := byCompany[""]
		delete(byCompany, "")
		if len(byCompany) > 1 {
			for _, some := range byCompany {
				if len(some) > 1 {
					parts = append(parts, some)
				}
			}
			if len(unknown) > 1 {
				parts = append(parts, unknown)
			}
			return parts
		}
	}
	if len(all) > 1 {
		parts = append(parts, all)
	}
	return parts
}

// twins yields all people or companies with their keys.
func (a *asked) twins(ctx context.Context, c catalog, object string) iter.Seq2[*twin, error] {
	company, companyID, join := "NULL", "NULL", ""
	if object == "person" && c.has("person", "company_id") {
		companyID = "person.company_id"
		if c.has("company", "name") {
			company, join = "company.name", " LEFT JOIN company ON company._id = person.company_id"
		}
	}
	details := map[string]string{"person": "email_addresses", "company": "domains"}[object]
	query := fmt.Sprintf(`SELECT %[1]s._id, %[2]s, %[3]s, %[4]s, %[5]s, %[1]s._created_at FROM %[1]s%[6]s ORDER BY 1`,
		object, c.column(object, "name"), c.column(object, details), company, companyID, join)
	return func(yield func(*twin, error) bool) {
		for row, err := range a.rows(ctx, query) {
			if err != nil {
				yield(nil, err)
				return
			}
			t := &twin{ID: row[0], Name: row[1], Company: row[3], companyID: row[4], Created: row[5]}
			t.Created, _, _ = strings.Cut(t.Created, "T")
			items := itemsOf(row[2])
			t.Details = strings.Join(items, ", ")
			if object == "person" {
				t.person(row[1], items)
			} else {
				for _, domain := range items {
					t.has(sameDomain, normalDomain(domain))
				}
			}
			if !yield(t, nil) {
				return
			}
		}
	}
}

func (t *twin) person(name string, emails []string) {
	var parts clarify.Name
	if json.Unmarshal([]byte(name), &parts) == nil {
		t.Name = parts.String()
	}
	for _, email := range emails {
		t.has(sameEmail, normalEmail(email))
	}
	// A first name alone says nothing.
	if name := normalName(t.Name); strings.Contains(name, " ") {
		t.has(sameName, name)
	}
}

func (t *twin) has(why, value string) {
	if k := (key{why, value}); value != "" && !slices.Contains(t.keys, k) {
		t.keys = append(t.keys, k)
	}
}

// normalEmail returns the form in which addresses of the same mailbox are equal: the case
// does not count, nor what stands behind a plus sign.
func normalEmail(email string) string {
	local, domain, ok := strings.Cut(strings.ToLower(strings.TrimSpace(email)), "@")
	local, _, _ = strings.Cut(local, "+")
	if !ok || local == "" {
		return ""
	}
	return local + "@" + domain
}

// normalDomain returns the form in which names of the same site are equal.
func normalDomain(domain string) string {
	return strings.TrimPrefix(strings.Trim(strings.ToLower(strings.TrimSpace(domain)), "."), "www.")
}

// normalName returns the form in which names of the same person are equal: the words in
// their order in the alphabet, without accents and punctuation.
func normalName(name string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(name) {
		switch {
		case unicode.Is(unicode.Mn, r), r == '\'', r == '’':
		case unicode.IsLetter(r), unicode.IsDigit(r):
			b.WriteRune(unicode.ToLower(r))
		default:
			b.WriteByte(' ')
		}
	}
	words := strings.Fields(b.String())
	slices.Sort(words)
	return strings.Join(words, " ")
}

// itemsOf returns the texts of a list, which may be {"items": […]}, and have objects with
// the text.
func itemsOf(list string) (texts []string) {
	var items []any
	var collection struct{ Items []any }
	if json.Unmarshal([]byte(list), &collection) == nil {
		items = collection.Items
	} else if json.Unmarshal([]byte(list), &items) != nil {
		return nil
	}
	for _, item := range items {
		if members, ok := item.(map[string]any); ok {
			item = cmp.Or(members["email"], members["domain"], members["value"])
		}
		if text, ok := item.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}
