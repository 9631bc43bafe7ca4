package clarifytest

// A File is an upload in storage: an attachment, audio or video of a recording, or a
// transcript, which is JSON.
type File struct {
	Key         string // as in the API's responses
	ContentType string // of the upload, empty if it had none
	Data        []byte // must not be changed
}

// Files returns the files of a workspace in storage, in the order in which the API
// returned their signed URLs. It panics if there is no workspace of this name.
//
// No operation returns the transcript of a meeting: its key ends in
// "/meetings/ID/transcript". The key of a recording's transcript ends in
// "/recordings/ID/transcript".
func (s *Server) Files(workspace string) []File {
	files := []File{}
	for _, f := range s.mustFindWorkspace("Files", workspace).state.Uploads() {
		files = append(files, File{f.Key, f.ContentType, f.Data})
	}
	return files
}
