"""Jobs: what to run, with which parameters, and when."""
