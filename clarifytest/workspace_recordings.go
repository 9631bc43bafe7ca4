package clarifytest

// RecordingEnabled reports whether recording is enabled for a meeting: enableRecording
// was called for it, and disableRecording was not called since. No operation returns
// that. It panics if there is no workspace of this name.
func (s *Server) RecordingEnabled(workspace, meetingID string) bool {
	return s.mustFindWorkspace("RecordingEnabled", workspace).state.RecordingEnabled(meetingID)
}
