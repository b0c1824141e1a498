"""Depth: says when so little is left of the recursion limit that our callbacks would use it up.

Standard library only; Python 3.8 and newer.
"""

import sys

# Callbacks in Python go some 15 calls deep; between two looks the program goes EVERY calls deeper.
_LEFT = 49
EVERY = 16

if sys.version_info >= (3, 12):

    def near_limit():
        """Say whether fewer than 49 calls are left."""
        try:
            sys._getframe(max(1, sys.getrecursionlimit() - _LEFT))
        except ValueError:
            return False
        return True

elif sys.version_info >= (3, 9):

    def near_limit():
        """Say whether fewer than 49 calls are left: the limit cannot be set to what is used already."""
        limit = sys.getrecursionlimit()
        try:
            sys.setrecursionlimit(max(1, limit - _LEFT))
        except RecursionError:
            return True
        sys.setrecursionlimit(limit)
        return False

else:

    def near_limit():
        """Say whether fewer than 50 calls are left: the limit cannot be set from so near, even to what it is."""
        try:
            sys.setrecursionlimit(sys.getrecursionlimit())
        except RecursionError:
            return True
        return False
