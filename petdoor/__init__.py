"""petdoor: a pet door that opens for dogs, and only for dogs."""

__version__ = "0.1.0"
