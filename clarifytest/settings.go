package clarifytest

import (
	"net/http"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// settingDefaults are the settings that have a value when nobody has set one, as
// the vendor's document says.
var settingDefaults = map[string]any{
	"billingOveragesDisabled":       true,
	"dealSummaryEnabled":            true,
	"externalMeetingSummaryEnabled": false,
	"lockMeetingRecordingScope":     false,
	"meetingPrepScope":              "all",
	"meetingRecordingScope":         "none",
	"meetingSummaryEnabled":         true,
	"meetingTaskScope":              "external",
}

// settingsSchema is the component of the contract that has all settings.
const settingsSchema = "WorkspaceSettings"

// isSetting tells whether there is a setting of this name.
func (c *call) isSetting(key string) bool {
	_, ok := c.contract.Schema(settingsSchema).Member(key)
	return ok
}

// setting is the value of a setting, and whether it has one.
func (s *state) setting(key string) (any, bool) {
	if value, ok := s.settings.Find(key); ok {
		return value, true
	}
	value, ok := settingDefaults[key]
	return value, ok
}

// readAllWorkspaceSettings: GET /settings
func readAllWorkspaceSettings(c *call) (reply, error) {
	all := map[string]any{}
	s := c.state
	_ = s.Read(func() error {
		for _, key := range c.contract.Schema(settingsSchema).Members() {
			if value, ok := s.setting(key); ok {
				all[key] = value
			}
		}
		return nil
	})
	return reply{http.StatusOK, all}, nil
}

// readWorkspaceSettings: GET /settings/{key}
func readWorkspaceSettings(c *call) (reply, error) {
	key := c.request.PathValue("key")
	if !c.isSetting(key) {
		return reply{}, notFound("There is no setting of this name.")
	}
	response := map[string]any{}
	s := c.state
	_ = s.Read(func() error {
		if value, ok := s.setting(key); ok {
			response["value"] = value
		}
		return nil
	})
	return reply{http.StatusOK, response}, nil
}

// writeWorkspaceSetting: POST /settings
func writeWorkspaceSetting(c *call) (reply, error) {
	document, key, f := c.settingToWrite()
	if f != nil {
		return reply{}, f
	}
	value, sent := document["value"]
	if !sent {
		return reply{}, values.Invalid("/value", "The value is missing.")
	}
	schema, _ := c.contract.Schema(settingsSchema).Member(key)
	if f := conform(value, schema, "/value"); f != nil {
		return reply{}, f
	}
	f = c.state.write(c.user, func(change *change) error {
		change.state.settings.Put(change.Tx, key, value)
		return nil
	})
	return reply{http.StatusCreated, struct{}{}}, f
}

// deleteWorkspaceSetting: DELETE /settings
func deleteWorkspaceSetting(c *call) (reply, error) {
	_, key, f := c.settingToWrite()
	if f != nil {
		return reply{}, f
	}
	f = c.state.write(c.user, func(change *change) error {
		change.state.settings.Remove(change.Tx, key)
		return nil
	})
	return done, f
}

// settingToWrite reads a request that names a setting in its body.
func (c *call) settingToWrite() (document map[string]any, key string, f error) {
	if f := readSilent(c.query); f != nil {
		return nil, "", f
	}
	document, f = c.document()
	if f != nil {
		return nil, "", f
	}
	key, _ = document["key"].(string)
	if !c.isSetting(key) {
		return nil, "", values.Invalid("/key", "The key must be the name of a setting.")
	}
	return document, key, nil
}
