"""Models that are variables of this very process, logged to MLflow without asking another process."""
