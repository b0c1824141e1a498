# The last step of an image: the repository's files become one commit without a past. What the build left beside them is
# named in info/exclude, so that an unused tree is clean to git. FINISH runs where BEGIN ran before the build, or alone.
set -e
find . -name __pycache__ -type d -prune -exec rm -rf {} +
rm -rf .pytest_cache
export GIT_AUTHOR_DATE=2020-01-01T00:00:00Z GIT_COMMITTER_DATE=2020-01-01T00:00:00Z
git() { command git -c core.hooksPath=/dev/null -c core.quotePath=off -c gc.auto=0 "$@"; }
if [ -d /opt/worldline/start.git ]; then
    rm -rf .git
    mv /opt/worldline/start.git .git
else
    git -c init.defaultBranch=main init -q
    git add -A -f .
fi
git add -u
git ls-files -o --directory | sed 's/[][*?\\]/\\&/g; s|^|/|' > .git/info/exclude
printf '__pycache__\n.pytest_cache\n' >> .git/info/exclude
git -c user.name=Worldline -c user.email=worldline@localhost commit -q --no-verify --allow-empty -m 'Start'
git repack -adq
rm -rf .git/logs .git/hooks .git/COMMIT_EDITMSG /home/worldline/.cache /opt/worldline/*
