"""What samenet costs, each figure as a multiple of what a user would have otherwise."""
