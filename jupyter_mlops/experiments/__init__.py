"""Experiments by hand: MLflow runs of a notebook's kernel, and what is logged to them."""
