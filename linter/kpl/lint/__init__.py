"""Rules, and how they are run."""
