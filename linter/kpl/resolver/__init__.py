"""What a pod's resolver does with a name."""
