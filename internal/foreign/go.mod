module github.com/clarify-go/clarify/internal/foreign

go 1.25.0
