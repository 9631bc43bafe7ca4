package main

import (
	"bytes"
	"os"
	"testing"
)

func TestTheCutIsThatOfTheContract(t *testing.T) {
	whole, err := os.ReadFile("../../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want, err := cut(whole)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../ogenapi/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("openapi.yaml has another operation than ogen's client: run go generate in internal/bench")
	}
}

func TestADocumentWithoutTheOperationIsAnError(t *testing.T) {
	for _, document := range []string{"", "paths: {}", "paths: {/objects/{object}/resources: {post: {}}}", "paths: {/objects/{object}/resources: {get: {}}}", "\t"} {
		if got, err := cut([]byte(document)); err == nil {
			t.Errorf("%q is cut to %s", document, got)
		}
	}
}
