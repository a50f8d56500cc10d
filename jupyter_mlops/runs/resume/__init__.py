"""Going on from the cell that failed: the kernel of a failed run is kept for a while, and can be resumed."""
