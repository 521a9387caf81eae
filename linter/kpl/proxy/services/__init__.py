"""What Services and EndpointSlices ask of kube-proxy: which endpoints it chooses, and whether a dump does what they ask for."""
