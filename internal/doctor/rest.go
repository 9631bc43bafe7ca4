package doctor

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/clarify-go/clarify/gen"
	"github.com/clarify-go/clarify/internal/doctor/report"
)

// userTimes are the times of a user.
var userTimes = []string{"_created_at", "_updated_at", "last_active_at"}

// checkUsers reads the members of the workspace (live-api.md, D6).
func checkUsers(ctx context.Context, p *probe) error {
	x, ok, err := p.read(ctx, "getUsers", query("page[limit]", "50"))
	if err != nil || !ok {
		return err
	}
	users := x.items()
	for _, user := range users {
		for _, name := range userTimes {
			value := object(object(user)["attributes"])[name]
			if empty, isObject := value.(map[string]any); isObject && len(empty) == 0 {
				p.quirk("D6", "WithQuirkEmptyUserTimes(true)", x, "the times of users are {}")
			}
		}
	}
	if len(users) > 0 {
		_, _, err = p.read(ctx, "getUser", nil, text(object(users[0])["id"]))
	}
	return err
}

// listQueryVersion is that of queries (live-api.md, O2).
const listQueryVersion = 6

// checkLists reads lists and what is in them.
func checkLists(ctx context.Context, p *probe) error {
	all, ok, err := p.read(ctx, "getWorkspaceLists", query("page[limit]", "50"))
	if err != nil || !ok {
		return err
	}
	read := map[string]bool{}
	for _, item := range all.items() {
		attributes := object(object(item)["attributes"])
		version, ok := integer(object(attributes["query"])["version"])
		if ok && version != listQueryVersion {
			p.differs("O2", all, "the query of a list has the version %v", report.Int(version))
		}
		name, id := text(attributes["entity"]), text(object(item)["id"])
		if read[name] {
			continue
		}
		read[name] = true
		if err := p.readList(ctx, name, id); err != nil {
			return err
		}
	}
	if len(read) == 0 {
		p.notChecked("the records in a list: there are no lists")
	}
	return nil
}

func (p *probe) readList(ctx context.Context, name, id string) error {
	if _, _, err := p.read(ctx, "getLists", query("page[limit]", "5"), name); err != nil {
		return err
	}
	if _, _, err := p.read(ctx, "getList", nil, name, id); err != nil {
		return err
	}
	_, _, err := p.read(ctx, "getListResources", query("page[limit]", "5"), name, id)
	return err
}

// checkAccess is live-api.md, O1. It takes a Personal key.
func checkAccess(ctx context.Context, p *probe) error {
	for _, name := range []string{"meeting", "message"} {
		x, err := p.get(ctx, "getObjectAccess", nil, name)
		switch {
		case err != nil:
			return err
		case x.ok():
			p.same()
		case x.status == http.StatusForbidden:
			p.notChecked("who has access: the credential may not see it")
			return nil
		default:
			p.differs("O1", x, "responds with %v for %v", report.Int(x.status), p.names.Object(name))
		}
	}
	return p.checkGrants(ctx)
}

// checkGrants reads who has access to a meeting and to a list.
func (p *probe) checkGrants(ctx context.Context) error {
	meetings, err := p.sample(ctx, "meeting")
	if err != nil {
		return err
	}
	lists, err := p.get(ctx, "getWorkspaceLists", query("page[limit]", "1"))
	if err != nil {
		return err
	}
	ids := map[string]string{}
	if meetings != nil && len(meetings.records) > 0 {
		ids["meeting"] = meetings.records[0].id
	}
	if lists.ok() && len(lists.items()) > 0 {
		ids["list"] = text(object(lists.items()[0])["id"])
	}
	for _, name := range []string{"list", "meeting"} {
		if ids[name] == "" {
			p.notChecked("the grants of a %v: there is none", p.names.Object(name))
			continue
		}
		x, err := p.get(ctx, "getGrants", nil, name, ids[name])
		if err != nil {
			return err
		}
		if !x.ok() {
			p.differs("O1", x, "responds with %v for a %v", report.Int(x.status), p.names.Object(name))
		}
	}
	return nil
}

// checkSettings reads all settings, and then each that is there by itself.
func checkSettings(ctx context.Context, p *probe) error {
	x, ok, err := p.read(ctx, "readAllWorkspaceSettings", nil)
	if err != nil || !ok {
		return err
	}
	settings := x.object()
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		if !gen.SettingKey(key).Valid() {
			continue // The contract is compared with all of it already.
		}
		one, ok, err := p.read(ctx, "readWorkspaceSettings", nil, key)
		if err != nil {
			return err
		}
		if ok && len(differences(nil, settings[key], one.object()["value"])) > 0 {
			p.violates(one, "a setting that is read by itself is not what it is among all")
		}
	}
	return nil
}

// checkWorkflows reads workflows, and who a campaign writes to.
func checkWorkflows(ctx context.Context, p *probe) error {
	x, ok, err := p.read(ctx, "getWorkflows", query("page[limit]", "50"))
	if err != nil || !ok {
		return err
	}
	var types []string
	for _, item := range x.items() {
		id, kind := text(object(item)["id"]), text(object(object(item)["attributes"])["type"])
		if slices.Contains(types, kind) {
			continue
		}
		types = append(types, kind)
		if _, _, err := p.read(ctx, "getWorkflow", nil, id); err != nil {
			return err
		}
		if kind == "sequence" {
			if _, _, err := p.read(ctx, "getRecipients", query("page[limit]", "5"), id); err != nil {
				return err
			}
		}
	}
	if !slices.Contains(types, "sequence") {
		p.notChecked("the recipients of a campaign: there is none")
	}
	if len(types) == 0 {
		p.notChecked("a single workflow: there is none")
	}
	return nil
}

// checkLayouts reads the layout of the navigation. No operation lists layouts.
func checkLayouts(ctx context.Context, p *probe) error {
	x, err := p.get(ctx, "getLayoutById", nil, "navigation")
	switch {
	case err != nil:
		return err
	case x.ok():
		p.same()
	default:
		p.notChecked("layouts: none is called navigation, and no operation lists them")
	}
	return nil
}

// checkSchemaActivities reads what happened to the schemas.
func checkSchemaActivities(ctx context.Context, p *probe) error {
	samples, err := p.allSamples(ctx)
	if err != nil {
		return err
	}
	for _, s := range samples {
		x, err := p.get(ctx, "getSchemaActivities", query("page[limit]", "5"), s.name)
		if err != nil {
			return err
		}
		switch {
		case x.ok():
			p.same()
		case x.status == http.StatusNotFound && !s.page.ok():
			p.known("R4", x, "responds with 404 for an object that has no records to read, %v", p.names.Object(s.name))
		default:
			p.violates(x, "responds with %v for an object that getSchemas lists, %v", report.Int(x.status), p.names.Object(s.name))
		}
	}
	return nil
}

// checkSingleRecords reads a record of each object alone.
func checkSingleRecords(ctx context.Context, p *probe) error {
	samples, err := p.samples(ctx)
	if err != nil {
		return err
	}
	for _, s := range samples {
		if len(s.records) == 0 {
			continue
		}
		x, ok, err := p.read(ctx, "getRecord", nil, s.name, s.records[0].id)
		if err != nil {
			return err
		}
		if single := recordOf(x.object()["data"]); ok && single.id != s.records[0].id {
			p.violates(x, "responds with another record than was asked for")
		}
	}
	if !p.checked {
		p.notChecked("there are no records")
	}
	return nil
}
