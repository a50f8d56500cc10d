"""Telling people how their runs go: in JupyterLab, and by the channels that they have set up."""
