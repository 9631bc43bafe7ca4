// Command reference writes docs/reference.html: openapi.yaml as a page that one
// reads in a browser. Redoc renders it. The page has everything in it, the
// script and the contract, and needs no network.
//
// Redoc's script comes from the npm registry, in the version that
// package-lock.json pins; ./install fetches it. The same inputs give the same
// page, byte for byte.
package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

//go:embed page.html
var page string

// options are Redoc's: only fonts that every machine has, and headings that are
// no larger than needed.
const options = `{
    "pathInMiddlePanel": true,
    "theme": {
      "typography": {
        "fontFamily": "system-ui, sans-serif",
        "headings": { "fontFamily": "system-ui, sans-serif" },
        "code": { "fontFamily": "ui-monospace, monospace" }
      }
    }
  }`

// logo is the only thing that Redoc's script would fetch. An empty image takes
// its place.
const (
	logo      = `"https://cdn.redoc.ly/redoc/logo-mini.svg"`
	emptyLogo = `"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E"`
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: reference REDOC CONTRACT PAGE, such as node_modules/redoc ../../openapi.yaml ../../docs/reference.html")
		os.Exit(2)
	}
	html, err := render(os.Args[1], os.Args[2])
	if err == nil {
		err = os.WriteFile(os.Args[3], html, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}

// render returns the page for a contract in YAML, made with the npm package Redoc
// in a directory.
func render(redoc, contract string) ([]byte, error) {
	script, err := bundle(redoc)
	if err != nil {
		return nil, err
	}
	license, version, err := about(redoc)
	if err != nil {
		return nil, err
	}
	document, err := os.ReadFile(contract)
	if err != nil {
		return nil, err
	}
	embedded, err := toJSON(document)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", contract, err)
	}
	title, err := titleOf(embedded)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", contract, err)
	}
	t, err := template.New("page").Parse(page)
	if err != nil {
		return nil, err
	}
	var html bytes.Buffer
	err = t.Execute(&html, map[string]string{
		"Version":  version,
		"License":  license,
		"Title":    template.HTMLEscapeString(title),
		"Script":   script,
		"Contract": string(embedded),
		"Options":  options,
	})
	return html.Bytes(), err
}

// bundle returns Redoc's script, in a form that can stand in a page and fetches
// nothing.
func bundle(redoc string) (string, error) {
	b, err := os.ReadFile(filepath.Join(redoc, "bundles", "redoc.standalone.js"))
	if err != nil {
		return "", err
	}
	script, _, _ := strings.Cut(string(b), "\n//# sourceMappingURL=")
	if strings.Count(script, logo) != 1 {
		return "", fmt.Errorf("the script has %s %d times, want once: look at what it fetches now", logo, strings.Count(script, logo))
	}
	if strings.Contains(script, "</script") {
		return "", errors.New("the script has </script in it, which would end it in a page")
	}
	return strings.Replace(script, logo, emptyLogo, 1), nil
}

// about returns Redoc's license and those of what its script contains, and its
// version.
func about(redoc string) (license, version string, err error) {
	for _, name := range []string{"LICENSE", filepath.Join("bundles", "redoc.standalone.js.LICENSE.txt")} {
		b, err := os.ReadFile(filepath.Join(redoc, name))
		if err != nil {
			return "", "", err
		}
		license += strings.TrimSpace(string(b)) + "\n\n"
	}
	b, err := os.ReadFile(filepath.Join(redoc, "package.json"))
	if err != nil {
		return "", "", err
	}
	var manifest struct{ Version string }
	if err := json.Unmarshal(b, &manifest); err != nil {
		return "", "", err
	}
	// Two hyphens would end the comment in which it stands.
	return strings.TrimSpace(strings.ReplaceAll(license, "--", "- -")), manifest.Version, nil
}

func titleOf(contract []byte) (string, error) {
	var document struct{ Info struct{ Title string } }
	if err := json.Unmarshal(contract, &document); err != nil {
		return "", err
	}
	if document.Info.Title == "" {
		return "", errors.New("the contract has no title")
	}
	return document.Info.Title, nil
}
