package bench

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The server returns what was prepared, and does as little as it can besides: it
// shares the machine with what is measured. So it speaks no more HTTP than Go's
// client needs, and is no example of a server.
//
// Its workspaces say how it behaves: in delay25-total100000 responds come after 25
// milliseconds, and there are 100,000 people.

// distinct is how many people there are, as a multiple of pages. In a larger
// collection they come again.
const distinct = 100_000

// serve serves until the listener is closed.
func serve(l net.Listener) error {
	s := &server{origin: "http://" + l.Addr().String(), spaces: map[string]*space{}}
	for {
		conn, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		go s.serve(conn)
	}
}

type server struct {
	origin string

	mu     sync.Mutex
	spaces map[string]*space
}

var (
	pages     [distinct / PageSize]func() []byte // the member data of each page
	responses = sync.OnceValue(func() [][]byte {
		// To a write of n people the response is the n-th.
		all := make([][]byte, maxBatch+1)
		for n := range all {
			all[n] = fmt.Appendf(nil, `{"data":%s}`, records(0, n))
		}
		return all
	})
	single = sync.OnceValue(func() []byte { return fmt.Appendf(nil, `{"data":%s}`, record(0)) })
)

const maxBatch = 100

func init() {
	for i := range pages {
		pages[i] = sync.OnceValue(func() []byte { return records(i*PageSize, PageSize) })
	}
}

// space is a workspace.
type space struct {
	delay time.Duration
	total int

	mu         sync.Mutex
	times      []byte // how often each good row was written
	rejections int    // how many writes were rejected
	writes     int    // how many there were
}

func (s *server) space(name string) *space {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found := s.spaces[name]; found != nil {
		return found
	}
	made := &space{}
	for part := range strings.SplitSeq(name, "-") {
		if n, err := strconv.Atoi(strings.TrimPrefix(part, "delay")); err == nil {
			made.delay = time.Duration(n) * time.Millisecond
		}
		if n, err := strconv.Atoi(strings.TrimPrefix(part, "total")); err == nil {
			made.total = n
		}
	}
	s.spaces[name] = made
	return made
}

// serve serves a connection.
func (s *server) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReaderSize(conn, 64<<10)
	var body []byte
	for {
		method, target, length, err := readHead(in)
		if err != nil {
			return
		}
		if cap(body) < length {
			body = make([]byte, length)
		}
		body = body[:length]
		if _, err := io.ReadFull(in, body); err != nil {
			return
		}
		status, parts := s.respond(method, target, body)
		size := 0
		for _, part := range parts {
			size += len(part)
		}
		head := make([]byte, 0, 128)
		head = fmt.Appendf(head, "HTTP/1.1 %d .\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", status, size)
		all := append(net.Buffers{head}, parts...)
		if _, err := all.WriteTo(conn); err != nil {
			return
		}
	}
}

// readHead reads a request up to its body.
func readHead(in *bufio.Reader) (method, target string, length int, err error) {
	for first := true; ; first = false {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return "", "", 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case first:
			var rest string
			method, rest, _ = strings.Cut(string(line), " ")
			target, _, _ = strings.Cut(rest, " ")
		case len(line) == 0:
			return method, target, length, nil
		default:
			if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
				if length, err = strconv.Atoi(string(value)); err != nil {
					return "", "", 0, err
				}
			}
		}
	}
}

// response returns the status and the body of a response.
func (s *server) respond(method, target string, body []byte) (status int, parts [][]byte) {
	path, query, _ := strings.Cut(target, "?")
	rest, _ := strings.CutPrefix(path, "/v1/workspaces/")
	name, operation, _ := strings.Cut(rest, "/")
	w := s.space(name)
	time.Sleep(w.delay)
	switch {
	case method == "POST" && operation == "objects/person/records/bulk":
		return w.write(body)
	case operation == "prepare":
		for _, prepare := range pages {
			prepare()
		}
		responses()
		return 200, [][]byte{[]byte("{}")}
	case operation == "tally":
		return 200, [][]byte{w.tally()}
	case operation == "objects/person/resources":
		return 200, w.page(s.origin+path, query)
	case strings.HasPrefix(operation, "objects/person/resources/"):
		return 200, [][]byte{single()}
	}
	return 404, [][]byte{[]byte(`{"errors":[{"status":"404","title":"Not Found"}]}`)}
}

// page returns the page that a query asks for.
func (w *space) page(address, query string) [][]byte {
	offset := 0
	for part := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(part, "=")
		if name == "page%5Boffset%5D" || name == "page[offset]" {
			offset, _ = strconv.Atoi(value)
		}
	}
	total := max(w.total, PageSize)
	next := "null"
	if offset+PageSize < total {
		next = fmt.Sprintf(`"%s?page%%5Boffset%%5D=%d&page%%5Blimit%%5D=%d"`, address, offset+PageSize, PageSize)
	}
	head := fmt.Appendf(nil, `{"links":{"next":%s,"prev":null},"meta":{"total_records":%d,"total_pages":%d},"data":`, next, total, total/PageSize)
	return [][]byte{head, pages[offset/PageSize%len(pages)](), []byte(`,"included":[]}`)}
}

const (
	goodTitle = `"job_title":"row `
	badTitle  = `"job_title":"bad `
)

// write writes all people of a body, or none if one of them is bad.
func (w *space) write(body []byte) (int, [][]byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writes++
	if at := bytes.Index(body, []byte(badTitle)); at >= 0 {
		w.rejections++
		i := bytes.Count(body[:at], []byte(`"job_title":"`))
		return 422, [][]byte{fmt.Appendf(nil, `{"errors":[{"status":"422","title":"Unprocessable Entity","detail":"job_title is not accepted","source":{"pointer":"/data/%d/attributes/job_title"}}]}`, i)}
	}
	n := 0
	for rest := body; ; n++ {
		at := bytes.Index(rest, []byte(goodTitle))
		if at < 0 {
			break
		}
		rest = rest[at+len(goodTitle):]
		row, _ := strconv.Atoi(string(rest[:rowDigits]))
		for row >= len(w.times) {
			w.times = append(w.times, make([]byte, 1<<16)...)
		}
		w.times[row]++
	}
	if n > maxBatch {
		return 413, [][]byte{[]byte(`{"errors":[{"status":"413","title":"Content Too Large"}]}`)}
	}
	return 201, [][]byte{responses()[n]}
}

// rowDigits is how long the number of a row is.
const rowDigits = 7

// tally says what was written, and forgets it.
func (w *space) tally() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	var once, more int
	for _, n := range w.times {
		switch n {
		case 0:
		case 1:
			once++
		default:
			more++
		}
	}
	b := fmt.Appendf(nil, `{"once":%d,"more":%d,"writes":%d,"refusals":%d}`, once, more, w.writes, w.rejections)
	w.times, w.writes, w.rejections = nil, 0, 0
	return b
}

// asServer is set in a process that is to be the server.
const asServer = "CLARIFY_BENCH_SERVER"

// runServer serves until its standard input ends, which it does with the process
// that started it.
func runServer() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Println(l.Addr()); err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = l.Close()
	}()
	return serve(l)
}

// startServer starts this program once more, as the server, and returns its
// address.
func startServer() (address string, stop func(), err error) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asServer+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = in.Close()
		_ = cmd.Wait()
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("the server did not start: %w", err)
	}
	return "http://" + strings.TrimSpace(line) + "/v1", stop, nil
}
