"""The networks a door can be built on."""
