"""A shell that goes on: what an agent expects to find again, and what cannot take it away."""

import pytest

from images.container import Container
from images.shell import Shell

_KEPT = {
    "folder": ("mkdir -p a/b && cd a/b", 'echo "${PWD##*/}"', "b\n"),
    "folder before": ("mkdir -p a && cd a && cd ..", 'cd - >/dev/null && echo "${PWD##*/}"', "a\n"),
    "exported variable": ("export GREETING='a  b'", "env | grep ^GREETING", "GREETING=a  b\n"),
    "plain variable": ("x=1 y=$'two\\nlines'", 'echo "$x"; echo "$y"; env | grep -c ^x=', "1\ntwo\nlines\n0\n"),
    "array": ("a=(1 '2 3'); declare -A m=([k]='v w')", 'echo "${#a[@]} ${a[1]} ${m[k]}"', "2 2 3 v w\n"),
    "unset variable": ("unset LC_ALL", 'echo "${LC_ALL-none}"', "none\n"),
    "function": ('greet() { echo "hi $1"; }', "greet you", "hi you\n"),
    "alias": ("alias say='echo said'", "say it", "said it\n"),
    "option": ("set -u; shopt -s nullglob", "echo none*; echo $nope; echo after", "\n"),
    "noclobber": ("set -C; echo 1 > f", "echo 2 > f; cat f", "1\n"),
    "status": ("false", "echo $?", "1\n"),
    "status of exit": ("exit 7", "echo $?", "7\n"),
    "arguments": ("set -- 'a b' c", 'echo "$# $1"', "2 a b\n"),
    "umask": ("umask 077", "umask", "0077\n"),
    "separator": ("IFS=:", "x=a:b; set -- $x; echo $#", "2\n"),
    "path": (
        "mkdir bin; printf '#!/bin/sh\\necho mine\\n' > bin/mine; chmod +x bin/mine; PATH=$PWD/bin:$PATH",
        "mine",
        "mine\n",
    ),
    "environment of Python": (
        "python3 -m venv --without-pip v && . v/bin/activate",
        'echo "${VIRTUAL_ENV##*/}"',
        "v\n",
    ),
    "xtrace": ("set -x", "echo traced", "++ echo traced\ntraced\n"),
    "syntax error": ("x=1; echo (", "echo ${x-none}", "none\n"),
    "here document": ("cat <<'X'\n$x\nX\ny=2", "echo $y", "2\n"),
    "command that replaces the shell": ("x=1; exec true", "echo ${x-none}", "none\n"),
    "deleted folder": ("mkdir gone; cd gone; rmdir ../gone", "pwd >/dev/null && echo somewhere", "somewhere\n"),
    "errexit": ("set -e; x=1; false; x=2", "echo $x; false; echo no", "1\n"),
}


@pytest.mark.parametrize("kind", _KEPT)
def test_what_one_command_leaves_the_next_one_finds(container: Container, kind: str) -> None:
    first, then, said = _KEPT[kind]
    Shell(container).run(first)
    done = Shell(container).run(then)
    assert "".join(line for line in done.text.splitlines(True) if "bash: " not in line) == said


def test_a_command_that_is_ended_leaves_the_state_as_it_was(container: Container) -> None:
    shell = Shell(container)
    shell.run("x=1; cd /tmp")
    assert shell.run("x=2; cd /; sleep 100", timeout_s=1).timed_out
    assert shell.run('echo "$x $PWD"').text == "1 /tmp\n"


def test_shells_of_two_names_are_two(container: Container) -> None:
    Shell(container).run("x=1")
    assert Shell(container, name="judge").run("echo ${x-none}").text == "none\n"


def test_what_a_command_says_is_its_own(container: Container) -> None:
    done = Shell(container).run("echo out; echo err >&2; echo '__worldline_status=0'; exit 3")
    assert (done.exit_code, done.text) == (3, "out\nerr\n__worldline_status=0\n")
    assert Shell(container).run("nonesuch").exit_code == 127


def test_a_state_that_is_destroyed_is_a_new_shell(container: Container) -> None:
    shell = Shell(container)
    shell.run('x=1; for f in "$__worldline_folder"/*; do echo garbage > "$f"; done')
    shell.run('echo "${x-none}" > "$__worldline_folder"/a; chmod 0 "$__worldline_folder"/b')
    assert shell.run("echo alive").text == "alive\n"


def test_a_long_command_is_one(container: Container) -> None:
    done = Shell(container).run(f"x='{'a' * 300_000}'; echo ${{#x}}")
    assert done.text == "300000\n"
    assert Shell(container).run("echo ${#x}").text == "300000\n"
