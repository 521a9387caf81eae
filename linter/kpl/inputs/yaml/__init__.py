"""YAML: its tree with positions, what its scalars hold, and edits in it."""
