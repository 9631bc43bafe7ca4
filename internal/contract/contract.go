// Package contract holds the contract of the Clarify CRM API, openapi.yaml, in
// a form that can be compiled into a program, and tells how a request or a response
// differs from it.
package contract

// Document returns the contract as JSON.
func Document() ([]byte, error) {
	return GetSpecJSON()
}
