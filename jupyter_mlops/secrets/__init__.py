"""Secrets: rows, notebooks and answers know them by reference only, `secret://name`."""
