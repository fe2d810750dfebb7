"""How well a model judges, and the report of it."""
