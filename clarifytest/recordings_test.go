package clarifytest_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clarify-go/clarify/clarifytest"
)

const transcript = `[{"language":"en","speaker":"Ada","speaker_id":1,"words":[{"confidence":0.980,"end_timestamp":0.4,"language":null,"start_timestamp":0.12,"text":"Good"}]},` +
	`{"language":"en","speaker":null,"speaker_id":null,"words":[]}]`

// media is where audio or video goes.
type media struct {
	recording, key, url string
	fields              map[string]string
}

func (a *api) initMedia(meeting, body string) media {
	a.t.Helper()
	got := a.want(201, "POST", meeting+"/recordings/media", body)
	m := media{got.text("data", "recordingId"), got.text("data", "key"), got.text("data", "upload", "url"), map[string]string{}}
	for name := range got.at("data", "upload", "fields").(map[string]any) {
		m.fields[name] = got.text("data", "upload", "fields", name)
	}
	return m
}

// field is a part of a form.
type field struct{ name, value string }

// parts are those of a form that storage takes.
func (m media) parts(data string) []field {
	var all []field
	for _, name := range slices.Sorted(maps.Keys(m.fields)) {
		all = append(all, field{name, m.fields[name]})
	}
	return append(all, field{"file", data})
}

func (a *api) postForm(address string, parts []field) *response {
	a.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, p := range parts {
		if p.name != "file" {
			_ = w.WriteField(p.name, p.value)
			continue
		}
		file, err := w.CreateFormFile("file", "recording")
		if err != nil {
			a.t.Fatal(err)
		}
		_, _ = file.Write([]byte(p.value))
	}
	_ = w.Close()
	return a.toStorage("POST", address, body.String(), "Content-Type", w.FormDataContentType())
}

func (a *api) meeting() (path, id string) {
	a.t.Helper()
	id = a.create("meeting", `{}`)
	return "/meetings/" + id, id
}

func (a *api) artifacts(meeting, recording string) *response {
	a.t.Helper()
	return a.want(201, "POST", meeting+"/recordings/"+recording+"/artifacts", nil)
}

func TestRecordingIsEnabledAndDisabled(t *testing.T) {
	a := start(t)
	meeting, id := a.meeting()
	if a.srv.RecordingEnabled("acme", id) {
		t.Error("it is enabled at first")
	}
	for range 2 {
		a.want(201, "POST", meeting+"/recording?silent=true", nil).equals(`"`+id+`"`, "data", "id")
		if !a.srv.RecordingEnabled("acme", id) {
			t.Error("it is not enabled")
		}
	}
	for range 2 {
		if got := a.want(204, "DELETE", meeting+"/recording", nil); got.raw != "" {
			t.Errorf("it has the body %s", got.raw)
		}
		if a.srv.RecordingEnabled("acme", id) {
			t.Error("it is not disabled")
		}
	}
}

func TestMediaOfARecording(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now))
	meeting, id := a.meeting()
	m := a.initMedia(meeting, `{"contentType":"video/mp4","transcript":`+transcript+`}`)
	before := a.artifacts(meeting, m.recording)
	before.equals(`null`, "data", "videoUrl")
	got := a.stores("GET", before.text("data", "transcriptionUrl"), "")
	expect(t, "raw", got.raw, transcript)
	expect(t, "Content-Type", got.header.Get("Content-Type"), "application/json")
	a.rejected(422, "", "POST", meeting+"/recordings/media/"+m.recording, nil)

	if got := a.postForm(m.url, m.parts("the video")); got.status != 204 || got.header.Get("ETag") == "" {
		t.Fatalf("storage: %d %s", got.status, got.raw)
	}
	a.artifacts(meeting, m.recording).equals(`null`, "data", "videoUrl")
	c.Add(time.Second)
	for range 2 {
		confirmed := a.want(200, "POST", meeting+"/recordings/media/"+m.recording, nil)
		confirmed.equals(`"`+m.recording+`"`, "data", "id")
		confirmed.equals(`"`+id+`"`, "data", "attributes", "meeting_id")
		confirmed.equals(`"2026-02-03T04:05:07.789Z"`, "data", "attributes", "_updated_at")
	}
	got = a.stores("GET", a.artifacts(meeting, m.recording).text("data", "videoUrl"), "")
	expect(t, "raw", got.raw, "the video")
	expect(t, "Content-Type", got.header.Get("Content-Type"), "video/mp4")

	again := a.initMedia(meeting, `{"contentType":"audio/ogg; codecs=\"opus\"","recordingId":"`+m.recording+`"}`)
	expect(t, "again.recording", again.recording, m.recording)
	expect(t, "again.key", again.key, m.key)
	// The order of the fields does not matter, nor does what S3 ignores.
	parts := again.parts("sound")
	slices.Reverse(parts[:len(parts)-1])
	a.postForm(again.url, append([]field{{"x-ignore-me", "x"}}, parts...))
	got = a.stores("GET", a.artifacts(meeting, m.recording).text("data", "videoUrl"), "")
	expect(t, "raw", got.raw, "sound")
	expect(t, "Content-Type", got.header.Get("Content-Type"), `audio/ogg; codecs="opus"`)
}

func TestFormsThatStorageRejects(t *testing.T) {
	c := newClock()
	a := start(t, clarifytest.WithClock(c.Now), clarifytest.WithMaxFileBytes(10))
	meeting, _ := a.meeting()
	m := a.initMedia(meeting, `{"contentType":"video/mp4"}`)
	other := a.initMedia(meeting, `{"contentType":"video/mp4"}`)
	with := func(name, value string) []field {
		parts := m.parts("video")
		for i := range parts {
			if strings.EqualFold(parts[i].name, name) {
				parts[i].value = value
			}
		}
		return parts
	}
	without := func(name string) []field {
		return slices.DeleteFunc(m.parts("video"), func(p field) bool { return strings.EqualFold(p.name, name) })
	}
	var wider map[string]any
	text, err := base64.StdEncoding.DecodeString(m.fields["Policy"])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &wider); err != nil {
		t.Fatal(err)
	}
	wider["expiration"] = "2100-01-01T00:00:00.000Z"
	text, _ = json.Marshal(wider)

	for _, test := range []struct {
		name   string
		parts  []field
		status int
		code   string
	}{
		{"no file", without("file"), 400, "InvalidArgument"},
		{"the file first", append([]field{{"file", "video"}}, without("file")...), 400, "InvalidArgument"},
		{"the policy after the file", append(without("policy"), field{"Policy", m.fields["Policy"]}), 403, "AccessDenied"},
		{"no signature", without("x-amz-signature"), 403, "AccessDenied"},
		{"another signature", with("x-amz-signature", strings.Repeat("0", 64)), 403, "SignatureDoesNotMatch"},
		{"a policy of one's own", with("policy", base64.StdEncoding.EncodeToString(text)), 403, "SignatureDoesNotMatch"},
		{"the policy of another form", with("policy", other.fields["Policy"]), 403, "SignatureDoesNotMatch"},
		{"another key", with("key", other.key), 403, "AccessDenied"},
		{"another type", with("content-type", "text/html"), 403, "AccessDenied"},
		{"no type", without("content-type"), 403, "AccessDenied"},
		{"no date", without("x-amz-date"), 403, "AccessDenied"},
		{"a field more", append([]field{{"acl", "public-read"}}, m.parts("video")...), 403, "AccessDenied"},
		{"a field twice", append([]field{{"Key", m.key}}, m.parts("video")...), 400, "InvalidArgument"},
		{"fields that are too large", append([]field{{"x-ignore-me", strings.Repeat("x", 65<<10)}}, m.parts("")...), 400, "MaxPostPreDataLengthExceededError"},
		{"a file that is too large", m.parts("12345678901"), 400, "EntityTooLarge"},
		{"a file that is far too large", m.parts(strings.Repeat("x", 100<<10)), 400, "EntityTooLarge"},
		{"a file whose form is too large", m.parts(strings.Repeat("x", 200<<10)), 400, "EntityTooLarge"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := *a
			b.t = t
			b.postForm(m.url, test.parts).rejectedByStorage(test.status, test.code)
		})
	}
	a.toStorage("POST", m.url, "key=x", "Content-Type", "application/x-www-form-urlencoded").rejectedByStorage(412, "PreconditionFailed")
	a.toStorage("POST", m.url, "--x\r\n", "Content-Type", "multipart/form-data; boundary=x").rejectedByStorage(400, "InvalidArgument")
	cut := "--x\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\n" + m.key
	a.toStorage("POST", m.url, cut, "Content-Type", "multipart/form-data; boundary=x").rejectedByStorage(400, "MalformedPOSTRequest")

	c.Add(clarifytest.SignedAddressLifetime + time.Second)
	a.postForm(m.url, m.parts("video")).rejectedByStorage(403, "AccessDenied")
	if files := a.srv.Files("acme"); len(files) != 0 {
		t.Errorf("storage has %q", files)
	}
	a.rejected(422, "", "POST", meeting+"/recordings/media/"+m.recording, nil)

	fresh := a.initMedia(meeting, `{"contentType":"video/mp4","recordingId":"`+m.recording+`"}`)
	request := newRequest(t, "POST", fresh.url, "")
	request.Header.Set("Authorization", a.auth)
	a.do(request).rejectedByStorage(400, "InvalidArgument")
	if len(a.srv.TakeViolations()) != 1 {
		t.Error("a credential in a form's request is no violation")
	}
	a.postForm(fresh.url, fresh.parts("1234567890"))
	a.want(200, "POST", meeting+"/recordings/media/"+m.recording, nil)
}

func TestTranscripts(t *testing.T) {
	a := start(t)
	meeting, id := a.meeting()
	body := `{"transcript":` + transcript + `}`
	a.want(201, "POST", meeting+"/transcript", body).equals(`"`+id+`"`, "data", "id")
	a.want(201, "POST", meeting+"/transcript", `{"transcript":[]}`)
	files := a.srv.Files("acme")
	if expect(t, "len(files)", len(files), 1) {
		expect(t, "string(files[0].Data)", string(files[0].Data), "[]")
		expect(t, `strings.HasSuffix(files[0].Key, "/meetings/"+id+"/transcript")`, strings.HasSuffix(files[0].Key, "/meetings/"+id+"/transcript"), true)
	}

	made := a.want(201, "POST", meeting+"/recordings/transcript", body)
	recording := made.id()
	made.equals(`"recording"`, "data", "type")
	got := a.artifacts(meeting, recording)
	got.equals(`null`, "data", "videoUrl")
	if text := a.stores("GET", got.text("data", "transcriptionUrl"), "").raw; text != transcript {
		t.Errorf("the transcript is %s", text)
	}
	a.want(201, "POST", meeting+"/recordings/transcript", `{"transcript":[],"recordingId":"`+recording+`"}`).equals(`"`+recording+`"`, "data", "id")
	if text := a.stores("GET", got.text("data", "transcriptionUrl"), "").raw; text != "[]" {
		t.Errorf("after another upload the transcript is %s", text)
	}
	m := a.initMedia(meeting, `{"contentType":"audio/mpeg"}`)
	a.artifacts(meeting, m.recording).equals(`null`, "data", "transcriptionUrl")
}

func TestRecordingsReject(t *testing.T) {
	a := start(t)
	meeting, _ := a.meeting()
	other, _ := a.meeting()
	m := a.initMedia(meeting, `{"contentType":"video/mp4"}`)
	a.postForm(m.url, m.parts("video"))
	const unknown = "6b8d0f2a-4c6e-4810-92b4-d6f8a0c2e408"
	for _, test := range []struct {
		name, method, target, body string
		status                     int
		pointer                    string
	}{
		{"an unknown meeting to record", "POST", "/meetings/x/recording", "", 404, ""},
		{"an unknown meeting not to record", "DELETE", "/meetings/x/recording", "", 404, ""},
		{"silence that is none", "POST", meeting + "/recording?silent=1", "", 400, ""},
		{"media of an unknown meeting", "POST", "/meetings/x/recordings/media", `{"contentType":"video/mp4"}`, 404, ""},
		{"media without a body", "POST", meeting + "/recordings/media", "", 400, ""},
		{"media without a type", "POST", meeting + "/recordings/media", `{}`, 422, "/contentType"},
		{"media that are none", "POST", meeting + "/recordings/media", `{"contentType":"image/png"}`, 422, "/contentType"},
		{"media of a malformed type", "POST", meeting + "/recordings/media", `{"contentType":"video/mp4\r\nX: y"}`, 422, "/contentType"},
		{"media of an unknown recording", "POST", meeting + "/recordings/media", `{"contentType":"video/mp4","recordingId":"` + unknown + `"}`, 422, "/recordingId"},
		{"media of another meeting's recording", "POST", other + "/recordings/media", `{"contentType":"video/mp4","recordingId":"` + m.recording + `"}`, 422, "/recordingId"},
		{"media with a transcript that is none", "POST", meeting + "/recordings/media", `{"contentType":"video/mp4","transcript":[{}]}`, 422, "/transcript/0/words"},
		{"the end of media of an unknown recording", "POST", meeting + "/recordings/media/" + unknown, "", 404, ""},
		{"the end of media of another meeting's recording", "POST", other + "/recordings/media/" + m.recording, "", 404, ""},
		{"the end of media of an unknown meeting", "POST", "/meetings/x/recordings/media/" + m.recording, "", 404, ""},
		{"artifacts of an unknown recording", "POST", meeting + "/recordings/" + unknown + "/artifacts", "", 404, ""},
		{"artifacts of another meeting's recording", "POST", other + "/recordings/" + m.recording + "/artifacts", "", 404, ""},
		{"artifacts of an unknown meeting", "POST", "/meetings/x/recordings/" + m.recording + "/artifacts", "", 404, ""},
		{"artifacts in silence that is none", "POST", meeting + "/recordings/" + m.recording + "/artifacts?silent=1", "", 400, ""},
		{"a transcript of an unknown meeting", "POST", "/meetings/x/transcript", `{"transcript":[]}`, 404, ""},
		{"no transcript", "POST", meeting + "/transcript", `{}`, 422, "/transcript"},
		{"a transcript that is a text", "POST", meeting + "/transcript", `{"transcript":"Hello"}`, 422, "/transcript"},
		{"a word without a time", "POST", meeting + "/transcript", `{"transcript":[{"language":"en","speaker":null,"speaker_id":null,"words":[{"text":"x","start_timestamp":1,"end_timestamp":"2","language":null,"confidence":null}]}]}`, 422, "/transcript/0/words/0/end_timestamp"},
		{"a transcript of an unknown recording", "POST", meeting + "/recordings/transcript", `{"transcript":[],"recordingId":"` + unknown + `"}`, 422, "/recordingId"},
		{"a transcript of a recording that is a number", "POST", meeting + "/recordings/transcript", `{"transcript":[],"recordingId":1}`, 422, "/recordingId"},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := *a
			b.t = t
			var body any
			if test.body != "" {
				body = test.body
			}
			b.rejected(test.status, test.pointer, test.method, test.target, body)
		})
	}
	a.guarded("POST", meeting+"/recording", nil)
	a.guarded("DELETE", meeting+"/recording", nil)
	a.guarded("POST", meeting+"/transcript", `{"transcript":[]}`)
	a.guarded("POST", meeting+"/recordings/transcript", `{"transcript":[]}`)
	a.guarded("POST", meeting+"/recordings/media", `{"contentType":"video/mp4"}`)
	a.guarded("POST", meeting+"/recordings/media/"+m.recording, nil)
	a.guarded("POST", meeting+"/recordings/"+m.recording+"/artifacts", nil)
	a.elsewhere().rejected(404, "", "POST", meeting+"/recording", nil)
	a.want(200, "POST", meeting+"/recordings/media/"+m.recording, nil)
}

func TestRecordingsGoWithTheirMeetings(t *testing.T) {
	a := start(t)
	meeting, id := a.meeting()
	targetMeeting, target := a.meeting()
	body := `{"transcript":` + transcript + `}`
	a.want(201, "POST", meeting+"/recording", nil)
	a.want(201, "POST", meeting+"/transcript", body)
	m := a.initMedia(meeting, `{"contentType":"video/mp4","transcript":[]}`)
	a.postForm(m.url, m.parts("video"))
	a.want(200, "POST", meeting+"/recordings/media/"+m.recording, nil)
	own := a.want(201, "POST", targetMeeting+"/recordings/transcript", body).id()

	a.want(204, "POST", "/objects/meeting/records/"+target+"/merges", mergeBody("meeting", id))
	expect(t, `a.srv.RecordingEnabled("acme", target)`, a.srv.RecordingEnabled("acme", target), true)
	expect(t, `a.srv.RecordingEnabled("acme", id)`, a.srv.RecordingEnabled("acme", id), false)
	video := a.artifacts(targetMeeting, m.recording).text("data", "videoUrl")
	a.stores("GET", video, "")
	a.artifacts(targetMeeting, own)
	if n := len(a.srv.Files("acme")); n != 4 {
		t.Errorf("storage has %d files", n)
	}
	a.want(201, "POST", targetMeeting+"/transcript", body)
	if n := len(a.srv.Files("acme")); n != 4 {
		t.Errorf("after another transcript storage has %d files", n)
	}
	a.want(204, "DELETE", "/objects/meeting/records/"+target, nil)
	a.toStorage("GET", video, "").rejectedByStorage(http.StatusNotFound, "NoSuchKey")
	if files := a.srv.Files("acme"); len(files) != 0 {
		t.Errorf("storage has %q", files)
	}
}

func TestWorkspacesHaveFilesOfTheirOwn(t *testing.T) {
	a := start(t, clarifytest.WithWorkspace("a"))
	a.srv.AddWorkspace("a/b")
	deal, _ := a.record("deal")
	at := a.attach(deal, "x", "secret")
	other := a.elsewhere()
	theirs, _ := other.record("deal")
	other.rejected(422, "/attachmentId", "POST", theirs+"/attachments", at.body())
	if files := a.srv.Files("a/b"); len(files) != 0 {
		t.Errorf("they have %v", files)
	}
	u, err := url.Parse(at.url)
	if noError(t, "err", err) {
		contains(t, "u.Path", u.Path, "/a/attachments/")
	}
}
