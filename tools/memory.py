"""How much memory a tool took."""

import resource


def peak_in_words() -> str:
    """The most memory this process ever held, for a person."""
    kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return f"peak memory {kibibytes * 1024 / 1e9:.1f} GB"
