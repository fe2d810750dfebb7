"""Ten thousand visits to one door: what leaks, grows or gets lost would show."""
