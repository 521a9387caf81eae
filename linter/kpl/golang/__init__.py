"""Go's own syntax of values, as the programs of Kubernetes read it: numbers, durations, addresses."""
