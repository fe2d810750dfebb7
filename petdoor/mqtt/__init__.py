"""The broker: what the door tells it, and what it hears."""
