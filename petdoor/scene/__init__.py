"""A yard as the door's camera sees it, drawn by our own code: a demo, and a test bench with known truth."""
