# Prints what is wrong with the history of the tree, a sentence a line: it must be one commit with exactly its own objects.
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
git() { command git -c core.hooksPath=/dev/null -c core.fsmonitor=false -c gc.auto=0 "$@"; }
[ -d .git ] || { echo "there is no folder .git"; exit 0; }
[ "$(git rev-list --all --reflog --count)" = 1 ] || echo "there is more than one commit"
[ "$(git rev-list --parents HEAD | wc -w)" = 1 ] || echo "the commit has a parent"
[ "$(git for-each-ref | wc -l)" -le 1 ] || echo "there is more than one reference"
[ -z "$(git stash list)" ] || echo "there is a stash"
[ -z "$(git status --porcelain)" ] || echo "the tree is not the commit"
reached=$(git rev-list --objects --all | wc -l)
stored=$(git cat-file --batch-all-objects --batch-check='%(objectname)' | wc -l)
[ "$reached" = "$stored" ] || echo "$stored objects are stored, $reached belong to the commit"
for path in .git/* .git/objects/* .git/info/*; do
    case ${path#.git/} in
        HEAD|config|description|index|info|objects|refs|packed-refs|branches) ;;
        objects/info|objects/pack|objects/??|info/exclude|info/refs) ;;
        *\*) ;;
        *) echo "there is $path" ;;
    esac
done
