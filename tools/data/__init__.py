"""Labelled pictures: found, looked at, dealt out."""
