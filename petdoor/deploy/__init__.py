"""Puts the service on a machine, and takes it away: user, rules, unit, settings."""
