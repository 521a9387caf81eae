"""Which cluster a document belongs to, and what is known of each cluster."""
