"""What a node prints of the rules that kube-proxy programs."""
