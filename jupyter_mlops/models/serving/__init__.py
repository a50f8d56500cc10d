"""Serving a model version from this machine, on its loopback."""
