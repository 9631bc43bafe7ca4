package main

import (
	"fmt"
	"strings"

	"github.com/clarify-go/clarify/clarifytest"
)

const quirkUsage = `
A quirk is an oddity that is reported of the API, or said to happen at times:

  custom-object-patch=on     updateRecord answers 500 for a record of a custom object
  collection-equality=on     filters take Is and Is not for collections
  refresh-token-stays=off    a refresh answers no new refresh token, the old one stays valid
  framework-errors=off       400 and 422 have the form of the framework below the API

This is how they are unless a flag says otherwise.
`

// quirkOptions are the options of package clarifytest for them.
var quirkOptions = map[string]func(bool) clarifytest.Option{
	"custom-object-patch": clarifytest.WithQuirkCustomObjectPatch,
	"collection-equality": clarifytest.WithQuirkCollectionEquality,
	"refresh-token-stays": clarifytest.WithQuirkRefreshTokenStays,
	"framework-errors":    clarifytest.WithQuirkFrameworkErrors,
}

// parseQuirk reads a quirk as quirkUsage describes it.
func parseQuirk(text string) (clarifytest.Option, error) {
	name, value, _ := strings.Cut(text, "=")
	option := quirkOptions[name]
	switch {
	case option == nil:
		return nil, fmt.Errorf("there is no quirk %q", name)
	case value != "on" && value != "off":
		return nil, fmt.Errorf("%s must be on or off, as in %s=on", name, name)
	}
	return option(value == "on"), nil
}
