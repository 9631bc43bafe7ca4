package backup

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/gofrs/flock"
)

// journalFormat is what the first line of a journal says.
const journalFormat = "clarify-restore"

// journal is what a restore has done: a file of lines, each of which is written before
// what follows from it. It is safe for concurrent use.
type journal struct {
	lock *flock.Flock
	file *os.File
	id   string // of the restore
	// resumed is whether an earlier call began it.
	resumed bool

	mu      sync.RWMutex
	entries map[string]map[string]string // by what and the old id: the new id
	used    map[string]map[string]bool   // by what: the new ids
}

type journalHeader struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	Backup  string `json:"backup"` // the SHA-256 of the manifest
	ID      string `json:"id"`
}

// journalLine is an entry. For what is done to a thing and makes nothing, New is empty.
type journalLine struct {
	What string `json:"what"`
	Old  string `json:"old"`
	New  string `json:"new,omitempty"`
}

// openJournal opens the journal of a restore of the backup in dir, which no other process
// may have open.
func openJournal(path, dir string) (_ *journal, err error) {
	manifest, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	sum := sha256.Sum256(manifest)
	j := &journal{lock: flock.New(path + ".lock"), entries: map[string]map[string]string{}, used: map[string]map[string]bool{}}
	locked, err := j.lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("backup: the journal: %w", err)
	}
	if !locked {
		return nil, fmt.Errorf("backup: another restore uses the journal %q", path)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, j.close())
		}
	}()
	if j.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, fmt.Errorf("backup: the journal: %w", err)
	}
	if err := j.read(hex.EncodeToString(sum[:])); err != nil {
		return nil, fmt.Errorf("backup: the journal %q: %w", path, err)
	}
	return j, nil
}

// read reads what the journal has, and removes a last line that was not written to its
// end.
func (j *journal) read(backup string) error {
	r := bufio.NewReader(j.file)
	var header journalHeader
	size := int64(0)
	for n := 0; ; n++ {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if n == 0 {
			if err := json.Unmarshal(line, &header); err != nil || header.Format != journalFormat || header.Version != Version {
				return fmt.Errorf("it begins with %.60q: must be that of a restore, version %d", line, Version)
			}
			if header.Backup != backup {
				return errors.New("it is that of another backup: choose another file")
			}
		} else {
			var entry journalLine
			if err := json.Unmarshal(line, &entry); err != nil {
				return fmt.Errorf("line %d: %w", n+1, err)
			}
			j.take(entry)
		}
		size += int64(len(line))
	}
	if err := j.file.Truncate(size); err != nil {
		return err
	}
	if _, err := j.file.Seek(size, io.SeekStart); err != nil {
		return err
	}
	if j.id, j.resumed = header.ID, size > 0; j.resumed {
		return nil
	}
	j.id = newUUID()
	b, err := json.Marshal(journalHeader{journalFormat, Version, backup, j.id})
	if err == nil {
		_, err = j.file.Write(append(b, '\n'))
	}
	return err
}

func (j *journal) take(e journalLine) {
	if j.entries[e.What] == nil {
		j.entries[e.What], j.used[e.What] = map[string]string{}, map[string]bool{}
	}
	j.entries[e.What][e.Old] = e.New
	if e.New != "" {
		j.used[e.What][e.New] = true
	}
}

// put notes something that is done.
func (j *journal) put(what, old, now string) error {
	b, err := json.Marshal(journalLine{what, old, now})
	if err != nil {
		return fmt.Errorf("backup: the journal: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	// One call writes the line, so that a process that is killed leaves it whole or not.
	if _, err := j.file.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("backup: the journal: %w", err)
	}
	j.take(journalLine{what, old, now})
	return nil
}

// get returns the new id of what had an old one, and whether it is there.
func (j *journal) get(what, old string) (now string, ok bool) {
	j.mu.RLock()
	defer j.mu.RUnlock()
	now, ok = j.entries[what][old]
	return now, ok
}

// has reports whether something is done.
func (j *journal) has(what, old string) bool { _, ok := j.get(what, old); return ok }

// made reports whether a new id is that of something that was restored.
func (j *journal) made(what, now string) bool {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return j.used[what][now]
}

// count returns how many things were restored.
func (j *journal) count(what string) int {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return len(j.entries[what])
}

func (j *journal) close() error {
	var all []error
	if j.file != nil {
		all = append(all, j.file.Sync(), j.file.Close())
	}
	return errors.Join(append(all, j.lock.Unlock())...)
}

// step does a step, unless it is done.
func (j *journal) step(ctx context.Context, name string, do func(context.Context) error) error {
	if j.has("step", name) {
		return nil
	}
	if err := do(ctx); err != nil {
		return err
	}
	return j.put("step", name, "")
}

func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return formatUUID(b, 4)
}

// derivedUUID returns a UUID that is always the same for the same names.
func derivedUUID(names ...string) string {
	var all bytes.Buffer
	for _, name := range names {
		fmt.Fprintf(&all, "%q ", name)
	}
	sum := sha256.Sum256(all.Bytes())
	return formatUUID([16]byte(sum[:16]), 8)
}

// formatUUID returns a UUID of a version as RFC 9562 has it.
func formatUUID(b [16]byte, version byte) string {
	b[6], b[8] = b[6]&0x0f|version<<4, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
