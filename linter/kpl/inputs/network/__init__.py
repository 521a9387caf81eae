"""What other programs than kube-proxy set for the network of pods and Services."""
