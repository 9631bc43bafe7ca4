package clarifytest

// RecordingEnabled tells whether a recorder is to join a meeting, which no
// operation reads back: enableRecording was called for it, and disableRecording
// not since. It panics if there is no workspace of this name.
func (s *Server) RecordingEnabled(workspace, meetingID string) bool {
	return s.mustFindWorkspace("RecordingEnabled", workspace).state.RecordingEnabled(meetingID)
}
