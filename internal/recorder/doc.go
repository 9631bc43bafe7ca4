// Package recorder shows how a test records what the API sends, and replays it
// without a network, with gopkg.in/dnaeon/go-vcr.v4: a transport for
// clarify.WithHTTPClient. The test holds the client to it. It is a module of its own,
// so that users of the library do not download the recorder.
package recorder
