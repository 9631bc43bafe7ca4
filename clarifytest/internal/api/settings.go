package api

import (
	"net/http"

	"github.com/clarify-go/clarify/clarifytest/internal/values"
)

// settingsSchema is the component of the contract that has all settings.
const settingsSchema = "WorkspaceSettings"

// isSetting reports whether there is a setting of this name.
func (c *Call) isSetting(key string) bool {
	_, ok := c.Contract.Schema(settingsSchema).Member(key)
	return ok
}

// readAllWorkspaceSettings: GET /settings
func readAllWorkspaceSettings(c *Call) (Response, error) {
	all := map[string]any{}
	s := c.State
	_ = s.Read(func() error {
		for _, key := range c.Contract.Schema(settingsSchema).Members() {
			if value, ok := s.setting(key); ok {
				all[key] = value
			}
		}
		return nil
	})
	return Response{http.StatusOK, all}, nil
}

// readWorkspaceSettings: GET /settings/{key}
func readWorkspaceSettings(c *Call) (Response, error) {
	key := c.Request.PathValue("key")
	if !c.isSetting(key) {
		return Response{}, NotFound("There is no setting of this name.")
	}
	response := map[string]any{}
	s := c.State
	_ = s.Read(func() error {
		if value, ok := s.setting(key); ok {
			response["value"] = value
		}
		return nil
	})
	return Response{http.StatusOK, response}, nil
}

// writeWorkspaceSetting: POST /settings
func writeWorkspaceSetting(c *Call) (Response, error) {
	document, key, err := c.settingToWrite()
	if err != nil {
		return Response{}, err
	}
	value, sent := document["value"]
	if !sent {
		return Response{}, values.Invalid("/value", "The value is missing.")
	}
	schema, _ := c.Contract.Schema(settingsSchema).Member(key)
	if err := conform(value, schema, "/value"); err != nil {
		return Response{}, err
	}
	err = c.State.write(c.User, func(change *change) error {
		change.state.settings.Put(change.Tx, key, value)
		return nil
	})
	return Response{http.StatusCreated, struct{}{}}, err
}

// deleteWorkspaceSetting: DELETE /settings
func deleteWorkspaceSetting(c *Call) (Response, error) {
	_, key, err := c.settingToWrite()
	if err != nil {
		return Response{}, err
	}
	err = c.State.write(c.User, func(change *change) error {
		change.state.settings.Remove(change.Tx, key)
		return nil
	})
	return done, err
}

// settingToWrite reads a request whose body names a setting.
func (c *Call) settingToWrite() (document map[string]any, key string, err error) {
	if err := readSilent(c.Query); err != nil {
		return nil, "", err
	}
	document, err = c.document()
	if err != nil {
		return nil, "", err
	}
	key, _ = document["key"].(string)
	if !c.isSetting(key) {
		return nil, "", values.Invalid("/key", "The key must be the name of a setting.")
	}
	return document, key, nil
}
