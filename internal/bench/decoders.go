package bench

import (
	"encoding/json"

	"github.com/bytedance/sonic"
	jsonexperiment "github.com/go-json-experiment/json"
)

// decoders are libraries that decode JSON into structs with tags, and nothing else.
var decoders = []struct {
	name   string
	decode func([]byte, *handPage) error
}{
	{"bytes-encoding-json", func(b []byte, p *handPage) error { return json.Unmarshal(b, p) }},
	{"bytes-go-json-experiment", func(b []byte, p *handPage) error { return jsonexperiment.Unmarshal(b, p) }},
	{"bytes-sonic", func(b []byte, p *handPage) error { return sonic.Unmarshal(b, p) }},
	{"bytes-sonic-fastest", func(b []byte, p *handPage) error { return sonic.ConfigFastest.Unmarshal(b, p) }},
}
