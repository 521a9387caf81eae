"""Stop 3a: kube-proxy's configuration."""
