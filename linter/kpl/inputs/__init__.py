"""From bytes to typed models: what finds and reads files is here, each format in its room."""
