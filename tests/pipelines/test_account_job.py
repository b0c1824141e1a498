"""Accounts of a run: the template's, a model's, and what of them counts."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from collectors.function_tracing import trace_function
from images.local_container import LocalContainer
from pipelines.errors import EndpointSilent, UserError
from pipelines.jobs.account_job import check_rewriter, rewrite, tell, to_rewrite
from pipelines.recipe import CollectRecipe
from pipelines.recipe_table import from_table
from pipelines.report import write_report
from pipelines.summary import summarise
from tests.chat_server import Reply, chat_server, completion
from tests.model.test_trace_format import TALLY
from tests.trajectories.test_rows import ORIGIN
from trajectories.account import account_from_row
from trajectories.rows import to_row
from trajectories.store import Store
from trajectories.trace_record import Trace
from trajectories.trajectory import Outcome, Trajectory


def _run(folder: Path, local: LocalContainer, **accounts: Any) -> CollectRecipe:
    """Make a run of three traces of one repository, of which one was cut."""
    rows = []
    for argument in ("[2, 5]", "[]", "['x']"):
        trace, outcome = trace_function(local, TALLY, "tally", [argument])
        rows.append(to_row(Trajectory(id=f"t{argument}", origin=ORIGIN, outcome=outcome, trace=trace)))
    cut = Trace(entry="e", source="\n", frames=(), cut="events")
    rows.append(to_row(Trajectory(id="cut", origin=ORIGIN, outcome=Outcome.CUT, trace=cut)))
    Store(folder, "traces").commit(ORIGIN.repository, rows)
    table = {"name": "t", "run_folder": str(folder), "repositories": [{"spec": "pypi:ledger==1"}], "accounts": accounts}
    (folder / "recipe.json").write_text(json.dumps(table))
    return from_table(CollectRecipe, table, where="")


def _echo(body: dict[str, Any], number: int) -> Reply:
    """Answer with the final sentence that was asked for, a wrong one for the empty list."""
    [final] = re.findall(r"^The call .*\.$", body["messages"][0]["content"], re.MULTILINE)[:1]
    return Reply(completion(f"Told again.\n\n{final.replace('`0`', '`1`')}"))


def test_the_template_tells_every_trace_once(local: LocalContainer, tmp_path: Path) -> None:
    recipe = _run(tmp_path, local)
    [entry] = recipe.repositories
    assert tell(tmp_path, recipe, entry) == "3 of 4 kept"
    assert tell(tmp_path, recipe, entry) == "done before"
    made = [account_from_row(row) for row in Store(tmp_path, "accounts").rows()]
    ends = {account.trace_id: account.text.splitlines()[-1] for account in made if account.text}
    assert ends["t[2, 5]"] == "The call returns `7`." and ends["t['x']"].startswith("The call raises `TypeError: ")
    assert {(account.writer, account.method) for account in made} == {("template", "template-1")}
    counts = summarise(tmp_path)["accounts"]
    assert (counts["rows"], counts["kept"], counts["trace cut"]) == (4, 3, 1)
    assert to_rewrite(tmp_path, recipe, entry) == []


def test_a_model_tells_again_and_what_it_gets_wrong_is_counted(local: LocalContainer, tmp_path: Path) -> None:
    with chat_server(_echo) as heard:
        rewriter = {"url": heard.url, "model": "small/model", "concurrency": 2}
        recipe = _run(tmp_path, local, at_once=2, rewriter=rewriter)
        [entry] = recipe.repositories
        tell(tmp_path, recipe, entry)
        parts = to_rewrite(tmp_path, recipe, entry)
        assert [len(part) for part in parts] == [2, 1]
        assert [rewrite(tmp_path, recipe, entry, part) for part in parts] == ["1 of 2 kept", "1 of 1 kept"]
        assert rewrite(tmp_path, recipe, entry, parts[0]) == "done before"
    made = [account_from_row(row) for row in Store(tmp_path, "accounts").rows()]
    found = {account.trace_id: account for account in made if account.writer == "small/model"}
    assert found["t[]"].verdict == "other value" and "'1', the true value is '0'" in found["t[]"].reason
    assert found["t[2, 5]"].text == "Told again.\n\nThe call returns `7`."
    assert len({account.id for account in made}) == 7
    counts = summarise(tmp_path)["accounts"]
    assert (counts["kept"], counts["other value"], counts["trace cut"]) == (5, 1, 1)


def test_an_endpoint_that_answers_nothing_fails_the_unit_and_leaves_no_rows(
    local: LocalContainer, tmp_path: Path
) -> None:
    with chat_server(lambda body, number: Reply(b"", 503)) as heard:
        rewriter = {"url": heard.url, "model": "m", "attempts": 2, "first_wait": 0.01}
        recipe = _run(tmp_path, local, rewriter=rewriter)
        [entry] = recipe.repositories
        tell(tmp_path, recipe, entry)
        [part] = to_rewrite(tmp_path, recipe, entry)
        with pytest.raises(EndpointSilent, match="answered none of 3 questions, the last: status 503"):
            rewrite(tmp_path, recipe, entry, part)
    assert Store(tmp_path, "accounts").units() == ["ledger"]


def test_a_key_that_is_not_set_is_one_sentence(
    local: LocalContainer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewriter = {"url": "https://host/v1", "model": "m", "key_variable": "WORLDLINE_TEST_KEY"}
    recipe = _run(tmp_path, local, rewriter=rewriter)
    monkeypatch.delenv("WORLDLINE_TEST_KEY", raising=False)
    with pytest.raises(UserError, match="is not set: set it"):
        check_rewriter(recipe)
    monkeypatch.setenv("WORLDLINE_TEST_KEY", "secret")
    check_rewriter(recipe)
    assert "secret" not in recipe.resolved()


def test_the_report_shows_accounts(local: LocalContainer, tmp_path: Path) -> None:
    recipe = _run(tmp_path, local)
    tell(tmp_path, recipe, recipe.repositories[0])
    numbers = write_report(tmp_path)
    assert numbers["accounts"]["counts"] == [{"writer": "template", "kept": 3, "trace cut": 1}]
    assert len(numbers["accounts"]["samples"]) == 3
    page = (tmp_path / "report.html").read_text()
    assert "The call returns `7`." in page and "def tally(xs):" in page
