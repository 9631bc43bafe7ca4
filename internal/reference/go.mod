module github.com/clarify-go/clarify/internal/reference

go 1.25.0

require go.yaml.in/yaml/v4 v4.0.0
