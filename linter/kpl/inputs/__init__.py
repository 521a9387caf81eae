"""From bytes to typed models, one module a format."""
