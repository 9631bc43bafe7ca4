module github.com/clarify-go/clarify/mirror

go 1.25.0

replace github.com/clarify-go/clarify => ../
