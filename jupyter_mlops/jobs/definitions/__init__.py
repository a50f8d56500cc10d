"""Definitions as code: jobs and their triggers in a `jobs.yaml` that lives in git with the notebooks."""
