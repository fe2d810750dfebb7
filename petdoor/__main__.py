"""``python -m petdoor``: the same as the ``petdoor`` command."""

from petdoor.cli import main

if __name__ == "__main__":
    main()
