// Package doctor looks at how a Clarify workspace responds, and reports what
// differs from the contract and from docs/live-api.md. It is the engine of the
// program clarify-doctor.
//
// A check is one thing to look at, in the table checks. It asks the doctor for what
// it needs, such as a page of records of each object, which is read once and kept.
// Every response, whichever check asked for it, is compared with the contract, and
// is decoded by the library and encoded again.
package doctor
