//go:build tools && ignore

package clarify

// The generator that generate.go runs. The tool directive in go.mod pins its
// version. "ignore" is in the constraint because "go mod tidy", in a module that
// imports this package, looks at all files but those, and would have its users
// download the generator.
import _ "github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen"
