package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"

	"github.com/clarify-go/clarify"
	"github.com/clarify-go/clarify/contrib/river"
)

// makeUp writes a file of people, unless there is one. Processes that do so at the same
// time write the same.
func makeUp(path string, rows int) (err error) {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	w := bufio.NewWriter(file)
	for i := range rows {
		// What fails fails in Flush, too.
		_, _ = fmt.Fprintf(w, "Person,Number %d,person%d@example.com\n", i, i)
	}
	if err := errors.Join(w.Flush(), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// open returns the rows of a file, from a position on. A program whose files are
// elsewhere opens them there, by the name in the arguments.
func open(ctx context.Context, args clarifyriver.ImportArgs, from int) (iter.Seq2[clarify.Person, error], error) {
	file, err := os.Open(args.Name)
	if err != nil {
		return nil, err
	}
	return func(yield func(clarify.Person, error) bool) {
		defer file.Close()
		rows := csv.NewReader(bufio.NewReaderSize(file, 1<<20))
		rows.ReuseRecord = true
		rows.FieldsPerRecord = -1
		for at := 0; ctx.Err() == nil; at++ {
			row, err := rows.Read()
			var wrong *csv.ParseError
			switch {
			case errors.Is(err, io.EOF):
				return
			case err != nil && !errors.As(err, &wrong):
				yield(clarify.Person{}, clarifyriver.Unreadable(err))
				return
			case at < from:
				continue
			}
			// What is wrong with a row is in its result, and the others are imported.
			if err == nil && len(row) != 3 {
				err = fmt.Errorf("there are %d columns, want 3", len(row))
			}
			var person clarify.Person
			if err == nil {
				person = clarify.Person{
					Name:           clarify.Name{FirstName: row[0], LastName: row[1]},
					EmailAddresses: clarify.Collection{row[2]},
				}
			}
			if !yield(person, err) {
				return
			}
		}
	}, nil
}
