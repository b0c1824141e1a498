# Makes the tree as it stands one commit without a past; the arguments are files that the task changed.
set -e
find . -name __pycache__ -type d -prune -exec rm -rf {} +
find . -name '*.pyc' -not -path './.git/*' -delete
rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
export GIT_AUTHOR_DATE=2020-01-01T00:00:00Z GIT_COMMITTER_DATE=2020-01-01T00:00:00Z
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
git() {
    command git -c core.hooksPath=/dev/null -c core.fsmonitor=false -c gc.auto=0 -c core.quotePath=off \
        -c user.name=Worldline -c user.email=worldline@localhost "$@"
}
if [ ! -d .git ]; then
    command git -c init.defaultBranch=main init -q --template=
    mkdir -p .git/info
    printf '__pycache__\n.pytest_cache\n' >> .git/info/exclude
    git add -A
fi
git add -u
[ $# -eq 0 ] || git add -f -- "$@"
tree=$(git write-tree)
commit=$(git commit-tree -m Start "$tree")
git update-ref HEAD "$commit"
branch=$(git symbolic-ref -q HEAD || true)
git for-each-ref --format='%(refname)' | while read -r name; do
    [ "$name" = "$branch" ] || git update-ref -d "$name"
done
rm -rf .git/logs .git/ORIG_HEAD .git/FETCH_HEAD .git/COMMIT_EDITMSG
git repack -adq
git prune --expire=now
