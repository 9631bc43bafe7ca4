package clarify

import (
	"encoding/json"
	"net/url"
	"strings"
)

// redact replaces secrets in a text that came from elsewhere.
func redact(s string, secrets []string) string {
	for _, secret := range secrets {
		// Shorter ones are no credentials, and part of many words.
		if len(secret) < 8 {
			continue
		}
		for _, form := range append(inJSON(secret), secret, url.QueryEscape(secret), url.PathEscape(secret)) {
			s = strings.ReplaceAll(s, form, "[redacted]")
		}
	}
	return s
}

// redactCut is redact for a text that may have been cut within a secret.
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

// inJSON returns the forms that a text can have in JSON.
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
