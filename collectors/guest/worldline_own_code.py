"""Own code: tells the user's code from that of libraries. Standard library only; Python 3.8 and newer."""

import os
import sys
import sysconfig

_OPTIMISED = 1
# What is typed into an interpreter is a file of this name.
_TYPED = ("<ipython-input", "<python-input", "<stdin>")
_HERE = os.path.dirname(os.path.abspath(__file__))


class OwnCode(object):
    """Says whether steps inside code are shown: functions in files below one of `roots` that are no library's.

    Of the file `main` all code is shown: module and class bodies too.
    """

    def __init__(self, roots, main=None):
        paths = sysconfig.get_paths()
        libraries = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
        self._roots = _folders(roots)
        self._libraries = _folders(libraries + [_HERE])
        self._files = {main: True}
        self._main = main

    def __call__(self, code):
        file = code.co_filename
        if file != self._main and not code.co_flags & _OPTIMISED:
            return False
        if file not in self._files:
            self._files[file] = self._is_own(file)
        return self._files[file]

    def _is_own(self, file):
        if file.startswith("<"):
            return file.startswith(_TYPED)
        path = os.path.abspath(file)
        folders = path.split(os.sep)
        if "site-packages" in folders or "dist-packages" in folders:
            return False
        return path.startswith(self._roots) and not path.startswith(self._libraries)


def _folders(paths):
    found = [os.path.join(made, "") for path in paths for made in {os.path.abspath(path), os.path.realpath(path)}]
    return tuple(path for path in found if path != os.path.join(sys.prefix, "")) or ("\0",)
