"""Watching a run while it goes on: written by its runner, read by every face."""
