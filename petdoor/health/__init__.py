"""Is everything a door needs there and well? What ``petdoor check`` and ``petdoor doctor`` look at."""
