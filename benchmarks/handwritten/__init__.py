"""What somebody without samenet would write, and the fastest that is known to us."""
