package backup

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
)

// lineWriter writes a file of a backup.
type lineWriter struct {
	path   string // in the backup
	file   *os.File
	buffer *bufio.Writer
	sum    hash.Hash
	about  File
}

// create creates a file of a backup that does not exist.
func create(dir, path, kind, object string) (*lineWriter, error) {
	full := filepath.Join(dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	file, err := os.OpenFile(full, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	w := &lineWriter{path: path, file: file, sum: sha256.New(), about: File{Kind: kind, Object: object}}
	w.buffer = bufio.NewWriterSize(io.MultiWriter(file, w.sum), 64<<10)
	return w, nil
}

// Write implements [io.Writer], for content that is not lines.
func (w *lineWriter) Write(p []byte) (int, error) {
	n, err := w.buffer.Write(p)
	w.about.Bytes += int64(n)
	return n, err
}

// line writes a value as a line.
func (w *lineWriter) line(value any) error {
	// What the API sent stays as it was sent.
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Errorf("backup: %s: %w", w.path, err)
	}
	w.about.Lines++
	return nil
}

// finish makes the file durable, and returns what the manifest says of it.
func (w *lineWriter) finish() (File, error) {
	err := w.buffer.Flush()
	if err == nil {
		err = w.file.Sync()
	}
	if err = errors.Join(err, w.file.Close()); err != nil {
		return File{}, fmt.Errorf("backup: %w", err)
	}
	w.about.SHA256 = hex.EncodeToString(w.sum.Sum(nil))
	return w.about, nil
}

// writeManifest writes the manifest, which is there as a whole or not at all.
func writeManifest(dir string, m *Manifest) error {
	b, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	temp := filepath.Join(dir, "."+manifestName)
	file, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	_, err = file.Write(append(b, '\n'))
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(temp, filepath.Join(dir, manifestName))
	}
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	// The name is durable on systems where directories can be synced.
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
	return nil
}
