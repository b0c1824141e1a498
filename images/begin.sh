# The first step of an image: git learns the exact files before anything of the repository runs. Its folder is not in the
# tree yet, because tools that ask version control for a version would read it.
set -e
xargs -0 -r -a /opt/worldline/executable chmod +x --
export GIT_DIR=/opt/worldline/start.git GIT_WORK_TREE=/testbed
git -c init.defaultBranch=main init -q
git -c core.hooksPath=/dev/null add -A -f .
git config --unset core.worktree || true
git config core.bare false
