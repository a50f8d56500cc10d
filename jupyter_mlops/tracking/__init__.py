"""The boundary to MLflow: the only package that imports it, and only when it is needed.

Importing MLflow costs two CPU seconds and 170 MB, so the Jupyter server never does; it asks the tracking
process (`gateway`), and so does not wait for a slow tracking server either.
"""
