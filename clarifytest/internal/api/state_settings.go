package api

// settingDefaults are the defaults of settings, according to the vendor's document.
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

// setting returns the value of a setting, and whether it has one.
func (s *State) setting(key string) (any, bool) {
	if value, ok := s.settings.Find(key); ok {
		return value, true
	}
	value, ok := settingDefaults[key]
	return value, ok
}
