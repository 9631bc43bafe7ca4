package clarify

import (
	"encoding/json"
	"net/url"
	"strings"
)

// redact takes secrets out of a text that came from elsewhere.
func redact(s string, secrets []string) string {
	for _, secret := range secrets {
		// What is shorter is nobody's credential, and stands in many words.
		if len(secret) < 8 {
			continue
		}
		for _, form := range append(inJSON(secret), secret, url.QueryEscape(secret), url.PathEscape(secret)) {
			s = strings.ReplaceAll(s, form, "[redacted]")
		}
	}
	return s
}

// redactCut is redact for a text that was cut, maybe within a secret.
func redactCut(s string, secrets []string) string {
	s = redact(s, secrets)
	for _, secret := range secrets {
		for n := len(secret) - 1; n >= 4; n-- {
			if strings.HasSuffix(s, secret[:n]) {
				s = s[:len(s)-n] + "[redacted]"
				break
			}
		}
	}
	return s
}

// inJSON returns how a text may stand in JSON.
func inJSON(s string) []string {
	b, err := json.Marshal(s)
	if err != nil {
		return nil
	}
	escaped := string(b[1 : len(b)-1])
	plain, err := encodeJSON(s)
	if err != nil {
		return []string{escaped}
	}
	unescaped := string(plain[1 : len(plain)-1])
	return []string{escaped, strings.ReplaceAll(escaped, "/", `\/`), unescaped, strings.ReplaceAll(unescaped, "/", `\/`)}
}
