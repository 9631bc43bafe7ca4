package main

import (
	"testing"

	"github.com/clarify-go/clarify/clarifytest"
)

// What parseFault takes, the server takes: Inject would panic.
func FuzzParseFault(f *testing.F) {
	for _, text := range []string{
		"status:503", "framework:400@after", "html:502@method=GET+PUT,p=0.5", "rate-limited:2s@at=1+2,times=3", "redirect:http://a@b/@after",
		"latency:1h@after,workspace=acme", "hang-up", "reset-before", "reset-during@operation=getUsers", "reset-after", "cut:0", "slow:1/0s", "revoke", "hang-up@storage", "revoke@storage", "framework:400@storage", "status:503@storage,operation=getUsers", "status:503@storage=x", "hang-up@method=get+", "hang-up@workspace=..",
		"status:999", "@", ":", "status:503@", "status:503@p=NaN", "redirect:%", "cut:1@after", "at=1", "slow:1/1ns@p=1e-400",
	} {
		f.Add(text)
	}
	srv := clarifytest.NewServer()
	f.Cleanup(srv.Close)
	f.Fuzz(func(t *testing.T, text string) {
		fault, err := parseFault(text)
		if err != nil {
			if err.Error() == "" {
				t.Error("the error says nothing")
			}
			return
		}
		fault.inject(srv, 1)
		srv.RemoveFaults()
	})
}
