"""What a node or a pod shows of its network without programming it."""
