"""Effects: what a statement did: the names that it gave other values, and which way a condition went."""

import ast

from collectors.accounts.final_value import code
from collectors.accounts.scene import Scene
from collectors.accounts.sentences import Sentences
from collectors.accounts.statement import FUNCTIONS, LOOPS, TRIES
from collectors.accounts.step import Step
from collectors.accounts.ways import Ways
from collectors.accounts.wording import assigned, listing, shortened, value

_UNSAID = (*TRIES, ast.Pass, ast.Global, ast.Nonlocal)
_CONTAINERS = (ast.List, ast.Dict, ast.Tuple, ast.Set, ast.Constant, ast.UnaryOp)


class Effects:
    """Says what statements did, in the words of `sentences`."""

    def __init__(self, sentences: Sentences) -> None:
        self._words = sentences
        self._ways = Ways(sentences)

    def effect(self, step: Step, scene: Scene) -> list[str]:
        """Return what the statement did, as far as the next frame shows it; what raised has no effect of its own."""
        node, statement = step.statement.node, step.statement
        if isinstance(node, _UNSAID) or _is_docstring(node):
            return []
        if not statement.detached and not statement.opaque and isinstance(node, (ast.Break, ast.Continue)):
            return [self._words.say(type(node).__name__.lower(), step, scene)]
        if isinstance(node, (ast.If, ast.While, *LOOPS, ast.Match, ast.match_case, ast.ExceptHandler)):
            return self._ways.way(step, scene)
        if isinstance(node, (ast.With, ast.AsyncWith)):
            return self._ways.block(step, scene)
        return [self._change(step, scene)]

    def _change(self, step: Step, scene: Scene) -> str:
        node, changes = step.statement.node, step.changes()
        text = self._words.text(step)
        went_on = step.after is not None or scene.returned is not None
        if isinstance(node, ast.Assert) and went_on and not step.statement.opaque:
            test = (
                code(shortened(scene.context.segment(node.test), self._words.width))
                if not step.statement.detached
                else text
            )
            return self._words.say("passes", step, scene, test=test, given=self._words.given(step, scene))
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)) and step.after is not None:
            kind = "class" if isinstance(node, ast.ClassDef) else "function"
            return self._words.say("defines", step, scene, kind=kind, name=code(node.name))
        if isinstance(node, ast.Delete) and step.after is not None:
            gone = [code(name) for name in step.before if name not in step.after]
            if gone and not changes:
                return self._words.say("deletes", step, scene, code=text, names=listing(gone))
        if isinstance(node, (ast.Import, ast.ImportFrom)) and changes:
            return self._words.say("imports", step, scene, code=text, names=listing([code(name) for name in changes]))
        if changes:
            return self._changed(step, scene)
        bound = [name for name in step.statement.binds() if name in (step.after or {})]
        given = self._words.given(step, scene)
        if bound and not step.statement.opaque and step.after is not None:
            kept = assigned({name: step.after[name] for name in bound}, self._words.width, by="at")
            return self._words.say("keeps", step, scene, given=given, code=text, kept=kept)
        return self._words.say("runs", step, scene, given=given, code=text)

    def _changed(self, step: Step, scene: Scene) -> str:
        """Return the sentence about a statement after which names have other values."""
        changes, words = step.changes(), self._words
        parts = words.parts(changes)
        name, (old, new) = next(iter(parts.items()))
        alone = len(parts) == 1 and not step.statement.opaque
        shown = {"code": words.text(step), "name": code(name), "value": value(new, words.width)}
        after = {each: text for each, (_, text) in parts.items()}
        if alone and _is_plain(step.statement.node) and not step.calls:
            said = words.say("starts" if old is None else "becomes", step, scene, **shown)
        elif alone and old is not None and _moves(step) and words.fits(old, new):
            given = words.given(step, scene, but=(name,))
            said = words.say("moves", step, scene, given=given, old=value(old, words.width), **shown)
        elif set(step.statement.binds()) >= set(changes) and not step.statement.opaque:
            values, gives = assigned(after, words.width, by="to"), assigned(after, words.width, by="the value")
            given = words.given(step, scene)
            said = words.say("sets", step, scene, given=given, code=shown["code"], values=values, gives=gives)
        else:
            left, now = assigned(after, words.width, by="as"), assigned(after, words.width)
            given = words.given(step, scene, but=tuple(changes))
            said = words.say("changes", step, scene, given=given, code=shown["code"], left=left, assigned=now)
        for changed, (_, text) in changes.items():
            scene.tell(changed, text)
        return said


def _is_plain(node: ast.AST | None) -> bool:
    """Say whether a statement gives one name a value that stands in it."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    if len(targets) != 1 or not isinstance(targets[0], ast.Name) or not isinstance(node, (ast.Assign, ast.AnnAssign)):
        return False
    inner = list(ast.walk(node.value)) if node.value is not None else []
    allowed = (*_CONTAINERS, ast.expr_context, ast.unaryop)
    return bool(inner) and all(isinstance(one, allowed) for one in inner)


def _moves(step: Step) -> bool:
    """Say whether a statement changes what a name holds without binding it, or on the ground of what it held."""
    return isinstance(step.statement.node, ast.AugAssign) or not step.statement.binds()


def _is_docstring(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
