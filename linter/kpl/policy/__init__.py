"""What NetworkPolicies let pods send and receive."""
