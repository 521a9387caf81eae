"""Text, positions and edits; knows nothing of DNS or YAML."""
