"""Runs tests on many changed trees, one after the other, each in a process that is forked from this one.

This process has imported pytest and nothing of the project, so that a child differs from a fresh `python -m pytest` only
in not having to import pytest again. Where pytest itself needs a file of the project (pluggy's own tests), each child
becomes a fresh interpreter instead. Compiled tests and sources are kept below a folder of their own, written by the clean
run alone; a changed file has a time that no compiled file was made at.

WORLDLINE_SCREEN names a JSON file: {"output", "folder", "bytecode": paths, "arguments": of pytest without paths,
"factor", "grace", "seconds", "clean_seconds": of the deadlines, "jobs": [{"id", "files": {path: text}, "stages": [{"tests",
"options"}]}]}.
Written, one JSON array a line: ["run", id, stage, how it ended, seconds, exit status, lines of the outcomes plugin]. The
first is the clean run of all tests, which says what a test takes and which tests are left out since they do not pass by
themselves; the last, `again`, is a clean run of one test of each job, if it can be one that the job made fail. A stage is
run when none of the stages before it has a failed test. Standard library only, Python 3.8 and newer.
"""

import ctypes
import gc
import json
import os
import runpy
import signal
import sys
import time

_PR_SET_CHILD_SUBREAPER = 36
_BAD = ("failed", "error")


class Screen(object):
    def __init__(self, settings):
        self.settings = settings
        self.output = open(settings["output"], "a", encoding="utf-8")
        self.clean = {}
        self.startup = None
        self.changes = 0
        self.fresh = False
        self.process = os.getpid()

    def warm(self):
        """Import pytest as a child would; note whether a file of the project came with it."""
        sys.path[0] = os.getcwd()
        import pytest  # noqa: F401
        from _pytest.config import default_plugins

        for name in default_plugins:
            __import__("_pytest." + name)
        # Not before: what lies compiled beside the installed packages is not seen any more.
        sys.pycache_prefix = self.settings["bytecode"]
        root = os.path.realpath(os.getcwd()) + os.sep
        files = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
        inside = [path for path in files if os.path.realpath(path).startswith(root)]
        self.fresh = any("site-packages" not in path for path in inside)
        # Nothing that lives by now is looked at again by a child's collector, which would copy its pages.
        gc.freeze()

    def run(self, name, files, stages, clean=False):
        held = self.change(files)
        try:
            for number, stage in enumerate(stages):
                tests = [test for test in stage["tests"] if clean or test in self.clean]
                if not tests:
                    outcome = (name, number, "nothing", 0.0, 0, "")
                else:
                    outcome = (name, number) + self.tests(tests, stage["options"], clean)
                self.output.write(json.dumps(("run",) + outcome) + "\n")
                self.output.flush()
                if outcome[2] not in ("end", "nothing") or failing(outcome[5]):
                    break
            return outcome
        finally:
            # A child ends by an exception too, which passes here.
            if os.getpid() == self.process:
                self.restore(held)

    def change(self, files):
        held = {}
        for path, text in files.items():
            self.changes += 1
            stat = os.stat(path)
            with open(path, "rb") as handle:
                held[path] = (handle.read(), stat)
            with open(path, "wb") as handle:
                handle.write(text.encode("utf-8"))
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + self.changes * 1000000000))
        return held

    def restore(self, held):
        for path, (data, stat) in held.items():
            with open(path, "wb") as handle:
                handle.write(data)
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))

    def tests(self, tests, options, clean):
        """Return how the run ended, its seconds, its exit status and the lines that the plugin wrote."""
        outcomes, select = (os.path.join(self.settings["folder"], name) for name in ("outcomes.jsonl", "select.json"))
        with open(select, "w", encoding="utf-8") as handle:
            json.dump(tests, handle)
        open(outcomes, "w").close()
        os.environ["WORLDLINE_OUTCOMES"], os.environ["WORLDLINE_SELECT"] = outcomes, select
        paths = sorted({test.split("::", 1)[0] for test in tests})
        began = time.monotonic()
        status = self.child(["pytest"] + self.settings["arguments"] + options + paths, self.seconds(tests), clean)
        seconds = time.monotonic() - began
        with open(outcomes, encoding="utf-8", errors="replace") as handle:
            lines = handle.read()
        ended = "late" if status is None else "end" if '\n["end"' in "\n" + lines else "died"
        if clean and self.startup is None:
            self.learn(lines, seconds)
        return ended, round(seconds, 4), status, lines

    def learn(self, lines, seconds):
        for kind, *fields in parsed(lines):
            if kind == "test" and fields[1] == "passed":
                self.clean[fields[0]] = fields[2]
        self.startup = max(0.1, seconds - sum(self.clean.values()))

    def seconds(self, tests):
        if self.startup is None:
            return self.settings["clean_seconds"]
        usual = self.startup + sum(self.clean.get(test, 0.0) for test in tests)
        return min(self.settings["seconds"], self.settings["grace"] + self.settings["factor"] * usual)

    def child(self, words, seconds, clean):
        """Return the exit status of the child, or None when it was ended at its deadline."""
        sys.stdout.flush()
        pid = os.fork()
        if not pid:
            self.become(words, clean)
        deadline, pause, status = time.monotonic() + seconds, 0.001, None
        while status is None and time.monotonic() < deadline:
            time.sleep(pause)
            pause = min(0.02, pause * 1.3)
            done, code = os.waitpid(pid, os.WNOHANG)
            status = code if done else None
        end_children()
        return status if status is None else (os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status))

    def become(self, words, clean):
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        try:
            with open("/proc/self/oom_score_adj", "w") as handle:
                handle.write("1000")
        except OSError:
            pass  # where the kernel does not say so, memory ends whichever process it likes
        if self.fresh:
            os.execv(sys.executable, [sys.executable, "-m"] + words)
        if clean:
            sys.dont_write_bytecode = False
        if "random" in sys.modules:
            sys.modules["random"].seed()
        sys.argv = words
        # Ends by the interpreter's own way, as a fresh process does: with what is registered at exit.
        runpy.run_module("pytest", run_name="__main__", alter_sys=True)
        sys.exit(0)


def parsed(lines):
    for line in lines.splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            return


def failing(lines):
    return [fields[0] for kind, *fields in parsed(lines) if kind == "test" and fields[1] in _BAD]


def end_children():
    """Kill all that descends from the child, also what has left its session, and wait for it."""
    while True:
        try:
            with open("/proc/self/task/%d/children" % os.getpid()) as handle:
                pids = [int(word) for word in handle.read().split()]
        except OSError:
            return
        if not pids:
            return
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except (OSError, ChildProcessError):
                pass  # it has ended by itself


def main():
    with open(os.environ.pop("WORLDLINE_SCREEN"), encoding="utf-8") as handle:
        settings = json.load(handle)
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    screen = Screen(settings)
    screen.warm()
    jobs = settings["jobs"]
    every = sorted({test for job in jobs for stage in job["stages"] for test in stage["tests"]})
    screen.run("clean", {}, [{"tests": every, "options": []}], clean=True)
    looked_at = set()
    for job in jobs:
        outcome = screen.run(job["id"], job["files"], job["stages"])
        looked_at.update(failing(outcome[5])[:1] or job["stages"][0]["tests"][:1])
    screen.run("again", {}, [{"tests": sorted(looked_at), "options": []}])


if __name__ == "__main__":
    main()
