"""How much memory a tool took."""

import os
import resource
import sys


def spare_memory() -> None:
    """Have TensorFlow, when it is loaded, give back what it frees: a gigabyte less for VGG16.

    Its fast kernels bring an allocator that keeps everything; a conversion has little use for them.
    """
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")


def peak_bytes() -> int:
    """The most memory this process ever held."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def peak_in_words() -> str:
    """The same for a person."""
    return f"peak memory {peak_bytes() / 1e9:.1f} GB"
