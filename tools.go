//go:build tools

package clarify

// The import pins the generator that generate.go runs, in go.mod.
import _ "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
