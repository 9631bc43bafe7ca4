package clarify

import (
	"errors"
	"fmt"
	"html"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ReadTranscript reads a transcript in the format of a recorder, for
// [TranscriptSegments]. It is in UTF-8 and in one of these formats:
//
//   - WebVTT and SubRip (SRT), whose cues have a time such as
//     00:01:05.250 --> 00:01:09.000. The speaker is a voice tag, <v Ada Lovelace>,
//     or stands before the text, as in "Ada Lovelace: Hello". Other tags, notes
//     and styles are left out.
//   - Lines that begin with a time, such as "00:01:05 Ada: Hello" or
//     "[1:05] Ada: Hello". They have no end. A line without a time continues the
//     one before it.
//
// What stands before a colon and a space is a speaker if it has at most five words and
// 60 characters, without punctuation. A cue or a line without text is left out.
//
// Another format, an invalid time, or a transcript in which nothing is said is an error,
// which names the line.
func ReadTranscript(r io.Reader) ([]TranscriptLine, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("clarify: cannot read the transcript: %w", err)
	}
	if !utf8.Valid(b) {
		return nil, errors.New("clarify: the transcript is not in UTF-8")
	}
	text := lineEnds.Replace(strings.TrimPrefix(string(b), "\ufeff"))
	t := &transcriptReader{lines: strings.Split(text, "\n")}
	if strings.HasPrefix(text, "WEBVTT") || cueTime.MatchString(text) {
		err = t.readCues()
	} else {
		err = t.readLines()
	}
	if err == nil && len(t.read) == 0 {
		err = fmt.Errorf("clarify: the transcript has no line in which something is said, such as %q", "00:01:05 Ada: Hello")
	}
	if err != nil {
		return nil, err
	}
	return t.read, nil
}

type transcriptReader struct {
	lines []string
	read  []TranscriptLine
}

const timePattern = `((?:\d+:)?\d+:\d+(?:[.,]\d+)?)`

var (
	cueTime  = regexp.MustCompile(`(?m)^\s*` + timePattern + `[ \t]+-->[ \t]+` + timePattern + `(?:[ \t].*)?$`)
	lineTime = regexp.MustCompile(`^\s*(?:\[` + timePattern + `\]|\(` + timePattern + `\)|` + timePattern + `(?:\s|$))\s*(?:[-–—]\s+)?(.*)$`)
	voiceTag = regexp.MustCompile(`<v(?:\.[^\s>]*)?\s+([^>]*)>`)
	anyTag   = regexp.MustCompile(`<[^>]*>`)
	named    = regexp.MustCompile(`^([^:.,;?!"]{1,60}):\s+(.*)$`)
)

// readCues reads blocks with an empty line between them. Those without a time are
// headers, notes and styles.
func (t *transcriptReader) readCues() error {
	for i := 0; i < len(t.lines); i++ {
		times := cueTime.FindStringSubmatch(t.lines[i])
		if times == nil {
			if strings.Contains(t.lines[i], "-->") {
				return notATime(i, t.lines[i])
			}
			continue
		}
		start, err := t.parseTime(i, times[1])
		if err != nil {
			return err
		}
		end, err := t.parseTime(i, times[2])
		if err != nil {
			return err
		}
		var text []string
		for i+1 < len(t.lines) && strings.TrimSpace(t.lines[i+1]) != "" {
			i++
			text = append(text, t.lines[i])
		}
		t.addCue(strings.Join(text, " "), start, end)
	}
	return nil
}

// addCue adds what is said in a cue, a line for each voice.
func (t *transcriptReader) addCue(text string, start, end time.Duration) {
	plain := func(s string) string { return html.UnescapeString(anyTag.ReplaceAllString(s, "")) }
	voices := voiceTag.FindAllStringSubmatchIndex(text, -1)
	if len(voices) == 0 {
		t.add("", plain(text), start, end)
		return
	}
	t.add("", plain(text[:voices[0][0]]), start, end)
	for n, voice := range voices {
		upTo := len(text)
		if n+1 < len(voices) {
			upTo = voices[n+1][0]
		}
		t.add(html.UnescapeString(text[voice[2]:voice[3]]), plain(text[voice[1]:upTo]), start, end)
	}
}

func (t *transcriptReader) readLines() error {
	var start time.Duration
	var text []string // nil before the first time
	for i, line := range t.lines {
		found := lineTime.FindStringSubmatch(line)
		switch {
		case found != nil:
			next, err := t.parseTime(i, found[1]+found[2]+found[3])
			if err != nil {
				return err
			}
			t.add("", strings.Join(text, " "), start, 0)
			start, text = next, []string{found[4]}
		case text != nil:
			text = append(text, line)
		case strings.TrimSpace(line) != "":
			return fmt.Errorf("clarify: line %d of the transcript has no time: must be like %q, got %q", i+1, "00:01:05 Ada: Hello", line)
		}
	}
	t.add("", strings.Join(text, " "), start, 0)
	return nil
}

func (t *transcriptReader) add(speaker, text string, start, end time.Duration) {
	text = strings.Join(strings.Fields(text), " ")
	if found := named.FindStringSubmatch(text); found != nil && speaker == "" && isName(found[1]) {
		speaker, text = found[1], found[2]
	}
	if text != "" {
		t.read = append(t.read, TranscriptLine{Speaker: strings.TrimSpace(speaker), Text: text, Start: start, End: end})
	}
}

// isName reports whether something may be the name of a speaker.
func isName(s string) bool {
	return len(strings.Fields(s)) <= 5 && strings.ContainsFunc(s, unicode.IsLetter)
}

// parseTime reads hours, minutes and seconds, of which the hours may be missing.
func (t *transcriptReader) parseTime(line int, s string) (time.Duration, error) {
	parts := strings.Split(strings.ReplaceAll(s, ",", "."), ":")
	seconds, err := strconv.ParseFloat(parts[len(parts)-1], 64)
	if err != nil || seconds >= 60 {
		return 0, notATime(line, s)
	}
	d := time.Duration(seconds*1000+0.5) * time.Millisecond
	for n, unit := range []time.Duration{time.Minute, time.Hour} {
		at := len(parts) - 2 - n
		if at < 0 {
			break
		}
		count, err := strconv.Atoi(parts[at])
		if err != nil || unit == time.Minute && len(parts) == 3 && count >= 60 || count > 10000 {
			return 0, notATime(line, s)
		}
		d += time.Duration(count) * unit
	}
	return d, nil
}

func notATime(line int, s string) error {
	return fmt.Errorf("clarify: invalid time %q in line %d of the transcript: must be like 00:01:05.250", s, line+1)
}
