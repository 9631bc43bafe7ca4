package tokenfile

// SyncFolder is what Save ends with.
var SyncFolder = syncFolder
