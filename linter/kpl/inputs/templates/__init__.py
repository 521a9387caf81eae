"""Templates: their actions, and texts of the same length without them."""
