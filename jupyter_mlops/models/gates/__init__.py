"""Gates: what a model must pass before it is registered, or before an alias moves to it. A kind a module."""
