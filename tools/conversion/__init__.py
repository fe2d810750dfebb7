"""From a float network to a file for the door."""
