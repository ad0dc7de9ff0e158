"""Keeps glibc from giving every thread a heap of its own."""

import ctypes
import sys

M_ARENA_MAX = -8  # malloc.h of glibc
ARENAS = 2


def share_heaps() -> None:
    """Let all threads share two heaps; does nothing where the C library is not glibc.

    A worker has a reader thread per camera, and buffers freed in one thread's heap are of no use to another's: with the
    default (eight heaps per core) a 1080p stream took a fifth more; benchmarks/memory.py measures it.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)
    except (AttributeError, OSError):  # musl has no mallopt, and no such heaps
        return
