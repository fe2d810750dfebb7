"""One third-party library each: plain values in, core types out. None knows another."""
