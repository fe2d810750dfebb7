"""``petdoor monitor``: what one or all doors do, from what they tell the broker and nothing else."""
