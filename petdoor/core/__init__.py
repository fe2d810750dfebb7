"""The pure part: standard library only; no clock, no I/O, no logging, no threads."""
