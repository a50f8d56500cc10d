"""State honesty."""
