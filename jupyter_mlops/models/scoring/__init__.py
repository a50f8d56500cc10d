"""Batch scoring: a table through a model version, each row accounted for."""
