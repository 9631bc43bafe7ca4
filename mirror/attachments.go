package mirror

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/clarify-go/clarify"
)

// errFiles is a file that cannot be written.
var errFiles = errors.New("cannot write a file")

// askAttachments reads the list of a record's files, and downloads those that are new.
func (e *engine) askAttachments(ctx context.Context, o *object, id string, all *belongings) error {
	rows := []Row{}
	for a, err := range e.client.Attachments(ctx, o.name, id) {
		if errors.Is(err, clarify.ErrNotFound) {
			break
		}
		if err != nil {
			return err
		}
		raw, err := json.Marshal(a)
		if err != nil {
			return err
		}
		file := Value{}
		if e.files != "" {
			name := filepath.Join(fileName(o.name), fileName(id), fileName(a.ID))
			if err := e.download(ctx, o.name, id, a.ID, name); err != nil {
				return err
			}
			file = TextValue(cleanText(filepath.ToSlash(name)))
		}
		rows = append(rows, Row{
			TextValue(o.name), TextValue(id), TextValue(cleanText(a.ID)), member(Text, raw, "name"), member(Text, raw, "mime_type"),
			member(Number, raw, "size_bytes"), file, member(Time, raw, columnCreated), TextValue(string(raw)),
		})
	}
	all.rows[tableAttachments] = rows
	return nil
}

// fileName returns an id as the name of a file, on any system.
func fileName(id string) string {
	plain := id != "" && len(id) <= 100
	for i := range len(id) {
		c := id[i]
		plain = plain && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-' && i > 0)
	}
	if plain {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "id-" + hex.EncodeToString(sum[:16])
}

// download downloads a file that is not there. The content of a file never changes.
func (e *engine) download(ctx context.Context, object, id, attachment, name string) (err error) {
	path := filepath.Join(e.files, name)
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("%w: %w", errFiles, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".download-*")
	if err != nil {
		return fmt.Errorf("%w: %w", errFiles, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	if _, err := e.client.DownloadAttachment(ctx, object, id, attachment, f); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		_ = f.Close()
		return fmt.Errorf("%w: %w", errFiles, err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("%w: %w", errFiles, err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("%w: %w", errFiles, err)
	}
	return nil
}
