package clarifytest_test

import (
	"strings"
	"testing"
)

func setting(key, value string) string { return `{"key":"` + key + `","value":` + value + `}` }

func TestSettings(t *testing.T) {
	a := start(t)
	const defaults = `{"billingOveragesDisabled":true,"dealSummaryEnabled":true,"externalMeetingSummaryEnabled":false,"lockMeetingRecordingScope":false,` +
		`"meetingPrepScope":"all","meetingRecordingScope":"none","meetingSummaryEnabled":true,"meetingTaskScope":"external"}`
	if got := asJSON(t, a.want(200, "GET", "/settings", nil).at()); got != defaults {
		t.Errorf("at first: %s", got)
	}
	a.want(200, "GET", "/settings/meetingPrepScope", nil).equals(`"all"`, "value")
	a.want(200, "GET", "/settings/orgDescription", nil).lacks("value")

	for key, value := range map[string]string{
		"meetingPrepScope":            `"none"`,
		"orgDescription":              `"Engines"`,
		"companyEmailDomains":         `["analytical.example"]`,
		"fiscalYearOffset":            `-1.50`,
		"historicalSyncPeriodDays":    `9125`,
		"advancedEnrichmentsOverride": `null`,
		"ingestionRules":              `{"action":"block","items":[{"type":"email_address","value":{"regex":".*@spam.example"}},{"type":"email_address","value":"a@b.example"}]}`,
		"meetingTemplates":            `{"default":{"summaryTemplate":{"instructions":"","sections":[]}},"types":{}}`,
		"reverseTrialEndOverride":     `"2026-03-01T00:00:00Z"`,
		"dealSummaryPrompt":           `[{"type":"paragraph"},1]`,
	} {
		a.want(201, "POST", "/settings?silent=true", setting(key, value))
		a.want(200, "GET", "/settings/"+key, nil).equals(value, "value")
		a.want(200, "GET", "/settings", nil).equals(value, key)
	}
	a.elsewhere().want(200, "GET", "/settings/meetingPrepScope", nil).equals(`"all"`, "value")

	for _, key := range []string{"meetingPrepScope", "orgDescription", "closedWonDealStage"} {
		a.want(200, "DELETE", "/settings", `{"key":"`+key+`"}`)
	}
	a.want(200, "GET", "/settings/meetingPrepScope", nil).equals(`"all"`, "value")
	all := a.want(200, "GET", "/settings", nil)
	all.equals(`"all"`, "meetingPrepScope")
	all.lacks("orgDescription")
}

func TestSettingsReject(t *testing.T) {
	a := start(t)
	for _, test := range []struct{ name, body, pointer string }{
		{"an unknown key", setting("theme", `"dark"`), "/key"},
		{"no key", `{"value":1}`, "/key"},
		{"a key that is no text", `{"key":1,"value":1}`, "/key"},
		{"no value", `{"key":"orgDescription"}`, "/value"},
		{"null where it is not for", setting("orgDescription", "null"), "/value"},
		{"another type", setting("dealSummaryEnabled", `"yes"`), "/value"},
		{"an unknown choice", setting("meetingPrepScope", `"All"`), "/value"},
		{"a number too large", setting("historicalSyncPeriodDays", "9126"), "/value"},
		{"a number too small", setting("billingOverageSpendLimitDollars", "0"), "/value"},
		{"a fraction", setting("maxActiveCampaignsOverride", "1.5"), "/value"},
		{"a text too long", setting("meetingRecorderName", `"`+strings.Repeat("x", 51)+`"`), "/value"},
		{"an item of another type", setting("companyEmailDomains", `["a.example",1]`), "/value/1"},
		{"a missing member", setting("ingestionRules", `{"action":"allow"}`), "/value/items"},
		{"no time", setting("reverseTrialEndOverride", `"tomorrow"`), "/value"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a.rejected(422, test.pointer, "POST", "/settings", test.body)
		})
	}
	a.rejected(422, "/key", "DELETE", "/settings", `{"key":"theme"}`)
	a.rejected(400, "", "POST", "/settings", `{`)
	a.rejected(400, "", "POST", "/settings?silent=yes", setting("orgDescription", `"x"`))
	a.rejected(404, "", "GET", "/settings/theme", nil)
	a.want(200, "GET", "/settings/orgDescription", nil).lacks("value")

	a.guarded("GET", "/settings", nil)
	a.guarded("GET", "/settings/orgDescription", nil)
	a.guarded("POST", "/settings", setting("orgDescription", `"x"`))
	a.guarded("DELETE", "/settings", `{"key":"orgDescription"}`)
}

func TestSettingsComeBackWithASnapshot(t *testing.T) {
	a := start(t)
	before := a.srv.Snapshot()
	a.want(201, "POST", "/settings", setting("orgDescription", `"Engines"`))
	a.srv.Restore(before)
	a.want(200, "GET", "/settings/orgDescription", nil).lacks("value")
}
