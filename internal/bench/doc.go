// Package bench measures what the library costs, against what people would
// write or generate instead of it. All that is compared is measured in the same
// run, and the server is a process of its own that returns what was prepared.
//
//	make bench        # all of it, with the ratios and what they must reach
//	go test -bench .  # the figures alone
//
// The peers are net/http with encoding/json as one writes it by hand, our own
// generated client alone, and a client that ogen generates. For that the operation
// is cut out of openapi.yaml, with the fields that are read as a schema of the
// attributes.
package bench

//go:generate go run ./cut ../../openapi.yaml ogenapi/openapi.json
//go:generate go tool ogen --config ogenapi/ogen.yml --target ogenapi --package ogenapi --clean ogenapi/openapi.json
