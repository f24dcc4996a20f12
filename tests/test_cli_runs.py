"""The commands of `approximant runs`, and `approximant train --store`."""

import json
from pathlib import Path
from typing import Any

import pytest

from approximant.cli import main
from approximant.store import FAILED, UNFINISHED, RunRecord, RunStore, StoredRun

EXPERIMENT = """
[target]
formula = "sin(x)"
domain = { x = [0, 6] }
[sampling]
rows = 64
[network]
shape = "1-4-1 tanh"
[training]
optimizer = { name = "adam", rate = 0.01 }
epochs = 3
"""
SETTINGS = """
title = "A run"
[network]
shape = "{shape}"
[training]
epochs = 100
optimizer = {{ name = "adam", rate = {rate} }}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def put(rate: float, shape: str = "1-8-1 tanh", **facts: Any) -> StoredRun:
    """Put a run into the store of this folder."""
    text = SETTINGS.format(rate=rate, shape=shape)
    losses = "".join(f"{epoch},{rate / epoch}\n" for epoch in (1, 2, 3))
    whole = {"key": f"{rate} {shape}", "settings": text, "name": "wave", "seconds": 0.5,
             "files": {"history.csv": f"epoch,loss\n{losses}".encode()}}  # fmt: skip
    with RunStore.open("runs", create=True) as store:
        return store.add(RunRecord(**(whole | facts)))


@pytest.fixture
def three() -> list[StoredRun]:
    """Return three runs, best last."""
    return [
        put(0.5, metrics={"rmse": 0.3, "loss": 1.0}, created="2026-01-01T10:00:00.000Z"),
        put(0.1, metrics={"rmse": 0.2, "loss": 3.0}, created="2026-01-02T10:00:00.000Z"),
        put(0.01, metrics={"rmse": 0.1, "loss": 2.0}, created="2026-01-03T10:00:00.000Z"),
    ]


def printed(capsys: pytest.CaptureFixture[str], *args: str, status: int = 0) -> str:
    """Return what `approximant runs` prints."""
    assert main(["runs", *args]) == status
    output = capsys.readouterr()
    assert output.err == ""
    return output.out


def error(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    """Return the error of `approximant runs`."""
    assert main(["runs", *args]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    return output.err


def test_a_list_shows_what_tells_runs_apart(
    capsys: pytest.CaptureFixture[str], three: list[StoredRun]
) -> None:
    lines = printed(capsys, "list").splitlines()
    assert lines[0].split() == ["id", "status", "created", "seconds", "rate", "rmse", "loss"]
    assert [line.split()[0] for line in lines[1:4]] == [run.id for run in reversed(three)]
    assert lines[1].split()[-3:] == ["0.01", "0.1", "2"]
    assert "  shown     3 of 3 runs, all of wave" in lines
    assert f"  next      approximant runs show {three[2].id}" in lines


def test_a_list_is_filtered_sorted_and_cut(
    capsys: pytest.CaptureFixture[str], three: list[StoredRun]
) -> None:
    text = printed(capsys, "list", "--where", "training.optimizer.rate<0.5", "--where",
                   "status=finished", "--sort", "-rmse", "--limit", "1")  # fmt: skip
    assert text.splitlines()[1].split()[0] == three[1].id
    assert "1 of 2 runs, all of wave; --limit 0 shows all" in text
    text = printed(capsys, "list", "--columns", "rate,rmse,tags", "--sort", "loss")
    assert [line.split() for line in text.splitlines()[:4]] == [
        ["id", "rate", "rmse", "tags"],
        *([run.id, f"{run.settings['training.optimizer.rate']}", f"{run.metrics['rmse']}"]
          for run in (three[0], three[2], three[1])),
    ]  # fmt: skip


def test_a_list_as_json_is_whole(
    capsys: pytest.CaptureFixture[str], three: list[StoredRun]
) -> None:
    for number in range(30):
        put(1.0 + number)
    runs = json.loads(printed(capsys, "list", "--json"))
    assert len(runs) == 33
    assert json.loads(printed(capsys, "list", "--json", "--sort", "rmse", "--limit", "1")) == [
        three[2].as_dict()
    ]
    assert len(printed(capsys, "list").split("shown")[0].strip().splitlines()) == 21
    assert "33 of 33" in printed(capsys, "list", "--limit", "0")


def test_a_list_fits_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str], three: list[StoredRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    put(7.0, shape="1-8-8-8-8-8-8-8-8-1 tanh", sweep="a long name of a sweep", name="another")
    text = printed(capsys, "list")
    assert max(map(len, text.splitlines())) <= 80
    assert {"id", "status", "rate", "shape", "rmse"} <= set(text.splitlines()[0].split())


def test_failed_runs_show_their_reason(capsys: pytest.CaptureFixture[str]) -> None:
    run = put(0.1, status=FAILED, reason="the loss was not finite in epoch 3")
    text = printed(capsys, "list")
    assert f"failed    {run.id}: the loss was not finite in epoch 3" in text
    assert "failed: the loss was not finite" in printed(capsys, "show", run.id)


def test_settings_are_told_from_facts_of_the_same_name(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("adam", "sgd"):
        settings = f'[training]\nloss = "{name}"\n[training.optimizer]\nname = "{name}"\n'
        put(0.1, key=name, settings=settings, metrics={"loss": 1.0})
    head = printed(capsys, "list").splitlines()[0].split()
    assert head[4:] == ["training.loss", "optimizer.name", "loss"]


def test_one_run_is_shown_whole(capsys: pytest.CaptureFixture[str], three: list[StoredRun]) -> None:
    run = three[0]
    with RunStore.open("runs") as store:
        store.tag(run.id, ["good"])
    text = printed(capsys, "show", run.id[:5])
    for part in (f"wave, run {run.id}", "status    finished", "for 0.5 s", "tags      good",
                 "rmse  0.3", "training.optimizer.rate  0.5", "history.csv, run.json",
                 f"approximant train runs/{run.id}/settings.toml"):  # fmt: skip
        assert part in text
    assert json.loads(printed(capsys, "show", run.id, "--json"))["tags"] == ["good"]
    unfinished = put(0.2, status=UNFINISHED)
    assert "unfinished: it is still at work, or was ended" in printed(capsys, "show", unfinished.id)


def test_the_best_run_is_found(capsys: pytest.CaptureFixture[str], three: list[StoredRun]) -> None:
    put(0.001, metrics={"rmse": 0.001}, status=FAILED)
    put(0.002, metrics={"rmse": float("nan")})
    assert f"The smallest rmse of 3 runs:\n\nwave, run {three[2].id}\n" in printed(capsys, "best")
    for options, run in (
        (("--by", "loss"), three[0]),
        (("--by", "-loss"), three[1]),
        (("--where", "rate>0.01"), three[1]),
    ):
        assert json.loads(printed(capsys, "best", "--json", *options))["id"] == run.id
    assert "None of the 5 runs" in printed(capsys, "best", "--where", "rate>7", status=1)


def test_runs_are_compared_in_a_table_and_a_picture(
    capsys: pytest.CaptureFixture[str], three: list[StoredRun], here: Path
) -> None:
    ids = [run.id for run in three]
    text = printed(capsys, "compare", *ids)
    lines = [line.split() for line in text.splitlines()]
    assert ["training.optimizer.rate", "0.5", "0.1", "0.01"] in lines
    assert ["rmse", "0.3", "0.2", "0.1"] in lines
    assert "epochs" not in text
    picture = here / f"compare-{'-'.join(ids)}.png"
    assert f"wrote     {picture.name}" in text
    assert picture.read_bytes().startswith(b"\x89PNG")
    found = json.loads(printed(capsys, "compare", *ids[:2], "--out", "two.png", "--json"))
    assert found["picture"] == "two.png"
    assert [run["id"] for run in found["runs"]] == ids[:2]
    assert "not drawn" in printed(capsys, "compare", *ids, "--curve", "mae")


@pytest.mark.parametrize("count", [1, 9, 15])
def test_many_curves_can_be_compared(
    capsys: pytest.CaptureFixture[str], count: int, here: Path
) -> None:
    runs = [put(0.1 * k, shape=f"1-{k}-1 tanh") for k in range(1, count + 2)]
    printed(capsys, "compare", *(run.id for run in runs), "--out", "many.png")
    assert (here / "many.png").exists()


def test_tags_are_put_on_and_taken_off(
    capsys: pytest.CaptureFixture[str], three: list[StoredRun]
) -> None:
    first, second, _ = (run.id for run in three)
    assert printed(capsys, "tag", first, second, "+good", "+seen") == (
        f"  {first}  good, seen\n  {second}  good, seen\n"
    )
    assert json.loads(printed(capsys, "tag", second, "-good", "+bad", "--json")) == {
        second: ["seen", "bad"]
    }
    assert printed(capsys, "tag", second, "-seen", "-bad") == f"  {second}  no tags\n"
    listed = json.loads(printed(capsys, "list", "--where", "tags=good", "--json"))
    assert [run["id"] for run in listed] == [first]


def test_runs_are_removed_after_a_question(
    capsys: pytest.CaptureFixture[str], three: list[StoredRun], here: Path
) -> None:
    assert "Nothing was removed; add --yes to remove 1 run" in error(capsys, "rm", three[0].id)
    assert printed(capsys, "rm", three[0].id, "--yes") == "Removed 1 run.\n"
    assert not (here / "runs" / three[0].id).exists()
    assert printed(capsys, "rm", "--where", "rmse<9", "--yes") == "Removed 2 runs.\n"
    assert printed(capsys, "rm", "--where", "rmse<9", "--yes", status=1) == "Removed 0 runs.\n"


@pytest.mark.parametrize(("answer", "left"), [(False, 3), (True, 2)])
def test_the_answer_decides(
    capsys: pytest.CaptureFixture[str],
    three: list[StoredRun],
    monkeypatch: pytest.MonkeyPatch,
    answer: bool,
    left: int,
) -> None:
    asked: list[str] = []

    def confirm(text: str, **_: Any) -> bool:
        asked.append(text)
        return answer

    monkeypatch.setattr("click.confirm", confirm)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    assert main(["runs", "rm", three[0].id]) == (0 if answer else 1)
    assert asked == [f"Remove 1 run with all files ({three[0].id})?"]
    with RunStore.open("runs") as store:
        assert store.count() == left


def test_reindex_tells_how_many_runs_there_are(
    capsys: pytest.CaptureFixture[str], three: list[StoredRun]
) -> None:
    assert printed(capsys, "reindex").startswith("Read 3 runs in ")
    assert json.loads(printed(capsys, "reindex", "--json"))["runs"] == 3


def test_commands_that_are_proposed_name_the_store(
    capsys: pytest.CaptureFixture[str], three: list[StoredRun], here: Path
) -> None:
    (here / "runs").rename(here / "kept")
    text = printed(capsys, "list", "--store", "kept")
    assert f"approximant runs show {three[2].id} --store kept" in text


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["list", "--where", "rat<1"], "Unknown column 'rat'; did you mean 'rate'?"),
        (["list", "--sort", "rmsee"], "did you mean 'rmse'?"),
        (["list", "--columns", "epoch"], "did you mean 'epochs'?"),
        (["list", "--where", "rate"], "Cannot read the condition 'rate'"),
        (["list", "--limit", "-1"], "-1"),
        (["list", "--store", "nowhere"], "There is no run store nowhere. `approximant train"),
        (["list", "--store", "."], "is no run store: there is no store.json in it"),
        (["show", "oooo"], "There is no run 'oooo' in runs"),
        (["show"], "Missing argument 'ID'"),
        (["best", "--by", "speed"], "Unknown column 'speed'"),
        (["compare", "oooo", "oooo"], "There is no run 'oooo'"),
        (["tag", "oooo", "+good"], "There is no run 'oooo'"),
        (["tag", "+good"], "Give the id of a run, and +word to put on"),
        (["tag", "oooo"], "Give the id of a run, and +word to put on"),
        (["rm"], "Give the ids of runs, or --where"),
        (["rm", "a", "--where", "rate<1"], "Give the ids of runs, or --where"),
        (["rm", "oooo", "--yes"], "There is no run 'oooo'"),
    ],
)
def test_what_cannot_be_meant_is_explained_in_one_line(
    capsys: pytest.CaptureFixture[str], three: list[StoredRun], args: list[str], expected: str
) -> None:
    message = error(capsys, *args)
    assert message.startswith("Error: ")
    assert expected in message
    assert len(message.splitlines()) == 1


def test_one_run_alone_cannot_be_compared(
    capsys: pytest.CaptureFixture[str], three: list[StoredRun]
) -> None:
    assert "at least two different runs" in error(capsys, "compare", three[0].id, three[0].id)


def test_an_empty_store_says_how_to_fill_it(capsys: pytest.CaptureFixture[str]) -> None:
    RunStore.open("runs", create=True).close()
    text = printed(capsys, "list", status=1)
    assert (
        text
        == "The run store runs is empty; approximant train FILE.toml --store runs adds a run.\n"
    )
    assert printed(capsys, "best", "--json", status=1) == "null\n"


def test_a_training_goes_into_a_store(capsys: pytest.CaptureFixture[str], here: Path) -> None:
    (here / "wave.toml").write_text(EXPERIMENT)
    for _ in range(2):  # somebody who runs it twice has two runs
        assert main(["train", "wave.toml", "--store", "runs"]) == 0
    assert "stored    runs/" in capsys.readouterr().out
    with RunStore.open("runs") as store:
        run, other = store.find()
        assert run.key == other.key
        assert run.status == "finished"
        assert {"loss", "rmse", "max_error", "parameters"} <= run.metrics.keys()
        assert run.metrics["parameters"] == 13
        assert run.history is not None
        assert len(run.history) == 3
        assert str(run.model.network) == "1-4-1 tanh"
        assert {path.name for path in run.folder.iterdir()} == {
            "history.csv", "model.safetensors", "report.json", "run.json", "settings.toml",
        }  # fmt: skip
    assert main(["train", f"runs/{run.id}/settings.toml", "--store", "again", "--json"]) == 0
    place = json.loads(capsys.readouterr().out)["stored"]
    with RunStore.open("again") as store:
        (same,) = store.find()
    assert str(same.folder) == place
    assert (same.id, same.key, same.metrics) == (other.id, run.key, run.metrics)


def test_a_training_that_fails_leaves_a_failed_run(
    capsys: pytest.CaptureFixture[str], here: Path
) -> None:
    (here / "wave.toml").write_text(EXPERIMENT.replace("sin(x)", "log(x - 3)"))
    assert main(["train", "wave.toml", "--store", "runs"]) == 2
    message = capsys.readouterr().err
    with RunStore.open("runs") as store:
        (run,) = store.find("status=failed")
        assert store.finished_keys() == set()
    assert run.reason in " ".join(message.split())


def test_an_interrupted_training_stays_unfinished(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from approximant import laboratory

    original = laboratory._Watched._event

    def interrupt(self: Any, epoch: Any) -> Any:
        if epoch.number == 2:
            raise KeyboardInterrupt
        return original(self, epoch)

    monkeypatch.setattr(laboratory._Watched, "_event", interrupt)
    (here / "wave.toml").write_text(EXPERIMENT)
    assert main(["train", "wave.toml", "--store", "runs"]) == 130
    with RunStore.open("runs") as store:
        (run,) = store.find()
        assert store.finished_keys() == set()
    assert run.status == "unfinished"
    assert run.reason.startswith("interrupted after epoch")
    assert "loss" in run.metrics


def test_a_store_that_cannot_be_used_is_told_before_the_training(
    capsys: pytest.CaptureFixture[str], here: Path
) -> None:
    (here / "wave.toml").write_text(EXPERIMENT.replace("epochs = 3", "epochs = 100000000"))
    assert main(["train", "wave.toml", "--store", "."]) == 2
    assert "is no run store" in capsys.readouterr().err
