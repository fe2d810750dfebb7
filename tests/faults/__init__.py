"""Breaks a door that runs, one part at a time, and watches its pin from outside: ``make faults``."""
