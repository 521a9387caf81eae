"""Whether the configurations of a run would load."""
