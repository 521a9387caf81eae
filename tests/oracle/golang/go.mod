module golang

// CoreDNS's own line, which decides on the GODEBUG defaults.
go 1.26.0

require (
	github.com/miekg/dns v1.1.73
	sigs.k8s.io/yaml v1.6.0
)

require (
	go.yaml.in/yaml/v2 v2.4.4 // indirect
	golang.org/x/net v0.57.0 // indirect
	golang.org/x/sys v0.47.0 // indirect
)
