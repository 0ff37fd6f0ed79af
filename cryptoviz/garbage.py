"""When Python looks for objects that only refer to each other.

Usually it does at each 700 new objects: all the time while it loads modules, and while it decodes
batches, which are tens of thousands of objects with hardly any of them in a cycle.
"""

import atexit
import gc

# Objects with references that may be made before Python looks: more than the unfinished batches
# of some partitions have, and more than most of what a start loads.
GC_THRESHOLD = 200_000


def look_seldom() -> None:
    """Look for cycles seldom, and not at the end, when everything goes with the process."""
    gc.set_threshold(GC_THRESHOLD)
    atexit.register(gc.freeze)


def spare_what_is_loaded() -> None:
    """Look for cycles seldom, and no more among what is there by now."""
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)
