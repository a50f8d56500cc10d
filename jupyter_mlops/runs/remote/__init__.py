"""Executed notebooks kept elsewhere, too: an fsspec address, a copy when an attempt has ended."""
