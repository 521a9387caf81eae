"""Stop 3b: what kube-proxy programmed."""
