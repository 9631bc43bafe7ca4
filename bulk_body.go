package clarify

import (
	"bytes"
	"encoding/json"
	"strings"
)

// writeRecords begins a body with the records in its data.
func writeRecords(b *bytes.Buffer, object string, items []*item) {
	jsonObject := jsonString(object)
	b.WriteString(`{"data":[`)
	for i, it := range items {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(`{"type":`)
		b.Write(jsonObject)
		if it.id != "" {
			b.WriteString(`,"id":`)
			b.Write(it.jsonID)
		}
		b.WriteString(`,"attributes":`)
		b.Write(it.json)
		b.WriteByte('}')
	}
	b.WriteByte(']')
}

// aroundRecord is how many bytes writeRecords writes around a record without an id.
func aroundRecord(object string) int {
	return len(`,{"type":,"attributes":}`) + len(jsonString(object))
}

// writeIDs writes a body with ids.
func writeIDs(b *bytes.Buffer, items []*item) {
	b.WriteString(`{"items":[`)
	for i, it := range items {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(it.json)
	}
	b.WriteString(`]}`)
}

// keysOf returns what the API compares a value of a unique field by. It is known to
// ignore the case of some fields. Here the case of all is ignored.
func keysOf(value json.RawMessage) []string {
	var keys []string
	switch {
	case len(value) == 0:
		return nil
	case value[0] == '"':
		keys = make([]string, 1)
		if decode(value, &keys[0]) != nil {
			return []string{string(value)}
		}
	case value[0] == '{':
		var collection Collection
		if decode(value, &collection) != nil || collection == nil {
			return []string{string(value)}
		}
		keys = collection
	default:
		return []string{string(value)}
	}
	for i, key := range keys {
		keys[i] = strings.ToLower(key)
	}
	return keys
}
