module github.com/clarify-go/clarify/contrib/keyring

go 1.25.0

require (
	github.com/clarify-go/clarify v0.0.0
	github.com/zalando/go-keyring v0.2.8
	golang.org/x/oauth2 v0.36.0
)

require (
	github.com/danieljoos/wincred v1.2.3 // indirect
	github.com/godbus/dbus/v5 v5.2.2 // indirect
	github.com/gofrs/flock v0.13.1 // indirect
	golang.org/x/sys v0.47.0 // indirect
)

replace github.com/clarify-go/clarify => ../..
