"""Models: from what a run logged to a version behind gates, promoted by alias, with its evidence."""
