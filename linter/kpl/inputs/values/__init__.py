"""What becomes a configuration later: values of charts, templates."""
