"""Shell: a shell that goes on from one command to the next, in any `Container`."""

from importlib.resources import files

from images.container import Completed, Container

_FOLDER = "/opt/worldline/shell"
_LONGEST_WORD = 100_000


class Shell:
    """Working directory, variables, functions, aliases, options, arguments and the last status are kept between commands.

    Each command is a process of its own, and what it starts ends with it: neither a mark in the output nor a shell that
    the command could talk to says what came of it. The state lies in files of the container, so that any `Shell` of the
    same name goes on from it. A command that is ended, or that replaces the shell by `exec`, leaves the state as it was.
    Not kept: background jobs, traps, open files, history.
    """

    def __init__(self, container: Container, *, name: str = "agent") -> None:
        self._container = container
        self._folder = f"{_FOLDER}/{name}"
        self._script = (files("images") / "shell.sh").read_text()

    def run(self, command: str, *, timeout_s: float = 60) -> Completed:
        """Run the text, of any number of lines, with bash."""
        if len(command.encode("utf-8", "surrogateescape")) > _LONGEST_WORD:
            # The kernel takes no longer word of a command.
            self._container.put({f"{self._folder}/command": command.encode("utf-8", "surrogateescape")})
            command = 'source "$__worldline_folder/command"'
        words = ["bash", "--norc", "--noprofile", "-c", self._script, "bash", self._folder, command]
        return self._container.run(words, timeout_s=timeout_s)
