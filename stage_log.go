package clarify

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"time"
	"unicode/utf8"
)

// logStage logs each attempt.
type logStage struct {
	logger attemptLogger
	bodies bool // whether it logs outlines of the bodies
}

func (s logStage) do(c *call, next handler) (*http.Response, error) {
	if s.logger.Logger == nil {
		return next(c)
	}
	began := time.Now()
	rsp, err := next(c)
	more := []slog.Attr{slog.Duration("duration", time.Since(began))}
	more = append(more, outcomeAttrs(c, rsp, err)...)
	if s.bodies {
		more = append(more, slog.String("request_body", outline(c.body)))
		if rsp != nil {
			if held, ok := rsp.Body.(*heldBody); ok {
				more = append(more, slog.String("response_body", outline(held.bytes)))
			}
		}
	}
	s.logger.log(c.ctx, slog.LevelDebug, "clarify: request", c, more...)
	return rsp, err
}

// attemptLogger logs attempts, unless its logger is nil.
type attemptLogger struct {
	*slog.Logger
	workspace string // the slug
}

// repeated logs that another attempt follows after a delay.
func (l attemptLogger) repeated(c *call, rsp *http.Response, err error, delay time.Duration) {
	if l.Logger == nil {
		return
	}
	more := append([]slog.Attr{slog.Duration("wait", delay)}, outcomeAttrs(c, rsp, err)...)
	l.log(c.ctx, slog.LevelWarn, "clarify: request will be repeated", c, more...)
}

// delayed logs that an attempt waits for the rate limit.
func (l attemptLogger) delayed(c *call, delay time.Duration) {
	if l.Logger != nil {
		l.log(context.WithoutCancel(c.ctx), slog.LevelWarn, "clarify: request waits for the rate limit", c, slog.Duration("wait", delay))
	}
}

// limiterFailed logs that a limiter failed, and how often since it was logged last.
func (l attemptLogger) limiterFailed(c *call, err error, failures int) {
	if l.Logger != nil {
		l.log(c.ctx, slog.LevelWarn, "clarify: the limiter failed; the one in memory decides", c,
			slog.String("error", redact(err.Error(), c.credential.secrets)), slog.Int("failures", failures))
	}
}

func (l attemptLogger) log(ctx context.Context, level slog.Level, message string, c *call, more ...slog.Attr) {
	attrs := append([]slog.Attr{
		slog.String("workspace", l.workspace),
		slog.Uint64("call", c.id),
		slog.String("method", c.request.Method),
		slog.String("path", redact(c.request.URL.EscapedPath(), c.credential.secrets)),
		slog.String("operation", c.operation.ID),
		slog.Int("attempt", c.attempts.number),
	}, more...)
	l.LogAttrs(ctx, level, message, attrs...)
}

// outcomeAttrs describes how an attempt ended.
func outcomeAttrs(c *call, rsp *http.Response, err error) (attrs []slog.Attr) {
	if rsp != nil {
		attrs = append(attrs, slog.Int("status", rsp.StatusCode))
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", redact(err.Error(), c.credential.secrets)))
	}
	return attrs
}

// outline returns a JSON body in which strings and numbers, which may be personal
// data, are replaced by their length. Names are kept.
func outline(body []byte) string {
	if len(body) == 0 {
		return ""
	}
	if len(body) > maxErrorBody {
		return fmt.Sprintf("(%d bytes)", len(body))
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return fmt.Sprintf("(%d bytes, not JSON)", len(body))
	}
	b, err := json.Marshal(outlineValue(value))
	if err != nil {
		return fmt.Sprintf("(%d bytes)", len(body))
	}
	return string(b)
}

func outlineValue(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			v[name] = outlineValue(member)
		}
		return v
	case []any:
		for i, element := range v {
			v[i] = outlineValue(element)
		}
		return v
	case string:
		return fmt.Sprintf("(text of %d)", utf8.RuneCountInString(v))
	case json.Number:
		return fmt.Sprintf("(number of %d)", len(v))
	}
	return value
}
