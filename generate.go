// Package clarify is a client of the Clarify CRM API.
//
// The typed client is in the package gen, generated from openapi.yaml. What
// authenticates it is in the package authn. A Clarify to test against is in the
// package clarifytest.
package clarify

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config gen/types.yaml openapi.yaml
//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config gen/client.yaml openapi.yaml
//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen -config internal/contract/spec.yaml openapi.yaml
