"""Capture: what is recorded in the kernel, and how it reaches the store."""
