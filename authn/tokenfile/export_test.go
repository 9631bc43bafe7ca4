package tokenfile

import "os"

// SyncFolder is what Save ends with.
var SyncFolder = syncFolder

// WatchSyncs has before called before each file is synced, and returns what ends
// that.
func WatchSyncs(before func(path string) error) (end func()) {
	sync := syncFile
	syncFile = func(file *os.File) error {
		if err := before(file.Name()); err != nil {
			return err
		}
		return sync(file)
	}
	return func() { syncFile = sync }
}
