package clarifytest

// A File is what storage holds of an upload: an attachment, audio or video of a
// recording, or a transcript, which is kept there as JSON.
type File struct {
	Key         string // what the API calls it in its responses
	ContentType string // as it was uploaded, empty if the upload did not say
	Data        []byte // must not be changed
}

// Files returns what storage holds for a workspace, in the order in which the
// places were given out. It panics if there is no workspace of this name.
//
// The transcript of a meeting, which no operation reads back, has a key that
// ends in "/meetings/ID/transcript", the one of a recording one that ends in
// "/recordings/ID/transcript".
func (s *Server) Files(workspace string) []File {
	files := []File{}
	for _, f := range s.mustFindWorkspace("Files", workspace).state.Uploads() {
		files = append(files, File{f.Key, f.ContentType, f.Data})
	}
	return files
}
