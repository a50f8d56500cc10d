"""Notebooks: their paths, formats, parameters, kernels and snapshots. Nothing here runs one."""
