"""What kube-proxy does with its configuration, Services and endpoints."""
