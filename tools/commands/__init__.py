"""The commands of the host tools; the only place here that prints or exits."""
