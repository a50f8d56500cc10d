"""A model version as what a container is built from, and how Kubernetes runs that container."""
