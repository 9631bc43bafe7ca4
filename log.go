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

// log notes each attempt.
func (ch *chain) log(next stage) stage {
	logger := ch.config.logger
	if logger == nil {
		return next
	}
	return func(c *call) (*http.Response, error) {
		began := time.Now()
		rsp, err := next(c)
		attrs := append(c.attrs(), slog.Duration("duration", time.Since(began)))
		if rsp != nil {
			attrs = append(attrs, slog.Int("status", rsp.StatusCode))
		}
		if err != nil {
			attrs = append(attrs, slog.String("error", redact(err.Error(), c.secrets)))
		}
		if ch.config.logBodies {
			attrs = append(attrs, slog.String("request_body", outline(c.body)))
			if rsp != nil {
				if held, ok := rsp.Body.(*heldBody); ok {
					attrs = append(attrs, slog.String("response_body", outline(held.bytes)))
				}
			}
		}
		logger.LogAttrs(c.ctx, slog.LevelDebug, "clarify: request", attrs...)
		return rsp, err
	}
}

func (c *call) attrs() []slog.Attr {
	return []slog.Attr{
		slog.String("method", c.request.Method),
		slog.String("path", redact(c.request.URL.EscapedPath(), c.secrets)),
		slog.String("operation", c.operation.ID),
		slog.Int("attempt", c.attempt),
	}
}

func (ch *chain) logRetry(c *call, rsp *http.Response, err error, delay time.Duration) {
	if ch.config.logger == nil {
		return
	}
	attrs := append(c.attrs(), slog.Duration("wait", delay))
	if rsp != nil {
		attrs = append(attrs, slog.Int("status", rsp.StatusCode))
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", redact(err.Error(), c.secrets)))
	}
	ch.config.logger.LogAttrs(c.ctx, slog.LevelWarn, "clarify: request will be repeated", attrs...)
}

func (ch *chain) logHeld(c *call, delay time.Duration) {
	if ch.config.logger == nil {
		return
	}
	attrs := append(c.attrs(), slog.Duration("wait", delay))
	ch.config.logger.LogAttrs(context.WithoutCancel(c.ctx), slog.LevelWarn, "clarify: request waits for the rate limit", attrs...)
}

// outline is a JSON body without what people wrote into it: names stay, texts
// and numbers are replaced by their length.
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
