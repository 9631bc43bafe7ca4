// Package api carries out the operations of the API in a workspace. Each operation has a
// handler, a function that is called as the operation's id. Handlers read the request,
// use the store of the workspace, and return a [Response] or an error, which [FailureOf]
// turns into what is sent.
package api
