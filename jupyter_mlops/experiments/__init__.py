"""Experiments by hand: MLflow runs of a notebook's kernel, what is logged to them, and what became of cells."""
