"""Experiment files: what they may say, what becomes of it, and what mistakes are answered with."""

import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from approximant.descent import SGD, RMSprop, initial_network
from approximant.errors import ApproximantError, SettingError, TableError
from approximant.experiment import (
    GALLERY,
    SWEEPS,
    Experiment,
    gallery_experiment,
    gallery_file,
    read_experiment,
    run_experiment,
    settings_page,
    settings_tables,
)
from approximant.networks import parse_network
from approximant.sweeps import sweep_tables

DOCS = Path(__file__).resolve().parents[1] / "docs" / "settings.md"
WAVE = """
title = "A wave"

[target]
formula = "sin(x)"
domain = { x = [0, 6] }

[sampling]
rows = 50

[network]
shape = "1-8-1 tanh"

[training]
optimizer = "sgd"
epochs = 3
"""


def wave(folder: Path, text: str = WAVE) -> Path:
    path = folder / "wave.toml"
    path.write_text(text)
    return path


def test_a_file_becomes_groups_of_settings(tmp_path: Path) -> None:
    experiment = read_experiment(wave(tmp_path))
    assert (experiment.name, experiment.title) == ("wave", "A wave")
    target, arguments = experiment.arguments()
    assert target == "sin(x)"
    assert arguments["domain"] == {"x": [0, 6]}
    assert arguments["optimizer"] == SGD()
    assert arguments["epochs"] == 3
    assert arguments["sampling"].rows == 50


def test_a_mapping_says_the_same_as_its_file(tmp_path: Path) -> None:
    mapped = read_experiment(tomllib.loads(WAVE), name="wave")
    assert mapped.toml() == read_experiment(wave(tmp_path)).toml()


def test_a_mapping_may_hold_arrays() -> None:
    init = {"weights": [np.zeros((8, 1)), np.ones((1, 8))]}
    settings = tomllib.loads(WAVE)
    settings["network"]["init"] = init
    again = read_experiment(tomllib.loads(read_experiment(settings).toml()))
    assert np.array_equal(again.training.init.weights[1], np.ones((1, 8)))


@pytest.mark.parametrize("name", GALLERY)
def test_complete_settings_read_back_as_themselves(name: str) -> None:
    complete = gallery_experiment(name).toml()
    assert read_experiment(tomllib.loads(complete)).toml() == complete


def test_complete_settings_hold_the_defaults(tmp_path: Path) -> None:
    complete = tomllib.loads(read_experiment(wave(tmp_path)).toml())
    assert complete["training"]["batch_size"] == 32
    expected = {"name": "sgd", "rate": 0.01, "momentum": 0.0, "nesterov": False}
    assert complete["training"]["optimizer"] == expected
    assert complete["network"]["init"]["name"] == "glorot_uniform"


def test_overrides_change_single_settings(tmp_path: Path) -> None:
    changed = read_experiment(
        wave(tmp_path),
        ["training.epochs=50", "training.optimizer=rmsprop", "training.optimizer.rate=0.02"],
    )
    assert changed.training.descent.epochs == 50
    assert changed.training.descent.optimizer == RMSprop(0.02)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.epoch=3", "Unknown setting 'training.epoch'; did you mean 'training.epochs'"),
        ("trainin.epochs=3", "Unknown setting 'trainin'; did you mean 'training'"),
        ("epochs=3", "Unknown setting 'epochs'; did you mean 'training.epochs'"),
        ("network.epochs=3", "Unknown setting 'network.epochs'; did you mean 'training.epochs'"),
        ("training.rate=3", "'training.rate'; did you mean 'training.optimizer.rate'"),
        ("training.scaling=box", "'training.scaling'; did you mean 'scaling.inputs'"),
        ("training.drop=3", "'training.drop'; did you mean 'training.schedule.drop'"),
        ("training.optimizer=SGD", "Unknown optimizer 'SGD'; did you mean 'sgd'"),
        ("checks.bands=[{what = 'held_out_mse', low = 1}]", "needs rows held out: set training.h"),
        ("network.shape=1-8-1 tanh no bias", "end in the one word nobias"),
        ("training.epochs=0", "epochs must be at least 1"),
        ("training.batch_size=-1", "batch_size must be at least 1"),
        ("training.optimizer=adm", "Unknown optimizer 'adm'; did you mean 'adam'"),
        ("training.optimizer.rat=1", "Unknown setting 'optimizer.rat'.*'optimizer.rate'"),
        ("training.optimizer.rate=-1", "rate must be above 0"),
        ("training.loss=msee", "Unknown .*'msee'; did you mean 'mse'"),
        ("training.schedule=cosin", "Unknown schedule 'cosin'; did you mean 'cosine'"),
        ("training=3", r"training must be a section, \[training\]; got 3"),
        ("title=3", "title must be a text"),
        ("network.shape=1-x", "Cannot read the network '1-x'"),
        ("network.shape=1-0-1", "widths in '1-0-1'"),
        ("network.shape=1-8-1 tanhh", "Unknown activation 'tanhh'.*did you mean 'tanh'"),
        ("network.init=glorot", "Unknown init.name 'glorot'; did you mean 'glorot_"),
        ("sampling.design=sobl", "'sobl'; did you mean 'sobol'"),
        ("scaling.inputs=bx", "'bx'; did you mean 'box'"),
        ("target.table=a.csv", r"\[target\] needs one of .*; got formula and table"),
        ("checks.predict=[{at = [1, 2]}]", r"Point 1 .*\[1.0, 2.0\], has length 2; .* 1 input"),
        ("checks.predict=[{at = 'here'}]", "checks.predict.at must be a list of numbers"),
        ("checks.predict=3", "checks.predict must be a list of tables"),
        ("checks.predict=[{}]", "checks.predict.at is missing"),
        ("checks.bands=[{what = 'rmsee', low = 1}]", "'rmsee'; did you mean 'rmse'"),
        ("checks.bands=[{what = 'rmse'}]", "'rmse' has no end"),
        ("checks.bands=[{what = 'rmse', low = 2, high = 1}]", "low = 2 above high = 1"),
        ("checks.reported_loss=fast", "checks.reported_loss must be a list of numbers"),
        ("checks.approximate=3", "checks.approximate must be a table"),
    ],
)
def test_a_mistake_is_named_with_file_and_way_out(
    tmp_path: Path, override: str, message: str
) -> None:
    path = wave(tmp_path)
    with pytest.raises(SettingError, match=message) as error:
        read_experiment(path, [override])
    assert str(error.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[target]\nformula = 'x'\n", "network.shape is missing"),
        ("[network]\nshape = '1-2-1'\n", "needs one of formula, table or function; got none"),
        ("[network\n", "wave.toml, line 1: "),
        ("", "network.shape is missing"),
    ],
)
def test_a_file_that_lacks_something_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        read_experiment(wave(tmp_path, text))


def test_a_file_that_is_none_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="Cannot read the settings file .*nothere.toml: No such"):
        read_experiment(tmp_path / "nothere.toml")
    (tmp_path / "picture.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingError, match=r"picture.toml is no text in UTF-8"):
        read_experiment(tmp_path / "picture.toml")


def test_a_table_is_looked_for_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("x,y\n" + "".join(f"{k},{k * k}\n" for k in range(20)))
    text = WAVE.replace('formula = "sin(x)"\ndomain = { x = [0, 6] }', 'table = "rows.csv"')
    experiment = read_experiment(wave(tmp_path, text.replace("[sampling]\nrows = 50\n", "")))
    table, arguments = experiment.arguments()
    assert len(table) == 20
    assert arguments["sampling"] is None
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "settings.toml").write_text(experiment.toml(tmp_path / "run"))
    again, _ = read_experiment(tmp_path / "run" / "settings.toml").arguments()
    assert np.array_equal(again.points, table.points)


def test_a_missing_table_is_named_with_the_file(tmp_path: Path) -> None:
    text = WAVE.replace('formula = "sin(x)"', 'table = "rows.csv"')
    experiment = read_experiment(wave(tmp_path, text))
    with pytest.raises(TableError, match=r"wave.toml: There is no file"), experiment.blamed():
        experiment.arguments()


def test_a_function_is_looked_for_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "squares_of_the_test.py").write_text("def square(x):\n    return x * x\n")
    text = WAVE.replace('formula = "sin(x)"', 'function = "squares_of_the_test:square"')
    square, _ = read_experiment(wave(tmp_path, text)).arguments()
    assert square(3.0) == 9.0


def test_functions_of_one_name_in_two_folders_are_each_their_own(tmp_path: Path) -> None:
    path = list(sys.path)
    text = WAVE.replace('formula = "sin(x)"', 'function = "of_one_name:power"')
    found = []
    for power in (2, 3):
        folder = tmp_path / str(power)
        folder.mkdir()
        (folder / "of_one_name.py").write_text(f"def power(x):\n    return x**{power}\n")
        found.append(run_experiment(wave(folder, text)).truth)
    assert [truth(np.array([[0.5]])).item() for truth in found if truth] == [0.25, 0.125]
    assert sys.path == path and "of_one_name" not in sys.modules


def test_a_seed_of_the_network_alone_fixes_the_first_weights(tmp_path: Path) -> None:
    experiment = read_experiment(wave(tmp_path), ["network.seed=5", "training.seed=1"])
    expected = initial_network(parse_network("1-8-1 tanh"), experiment.training.init, 5)
    weights = experiment.arguments()[1]["init"]["weights"]
    assert np.array_equal(weights[0], expected.layers[0].weights)


def test_a_repetition_counts_on_from_the_seed_that_varies(tmp_path: Path) -> None:
    experiment = read_experiment(wave(tmp_path), ["training.seed=7"])
    assert experiment.repetition(0) is experiment
    assert experiment.repetition(2).training.seed == 9
    wiggle = gallery_experiment("wiggle").repetition(3)
    assert (wiggle.training.sampling.seed, wiggle.training.seed) == (1003, 2)


def test_what_varies_must_be_a_seed(tmp_path: Path) -> None:
    experiment = read_experiment(wave(tmp_path), ["checks.vary=training.loss"])
    with pytest.raises(SettingError, match="checks.vary is 'training.loss', which has no number"):
        experiment.repetition(1)


def test_the_gallery_is_its_folder() -> None:
    files = {path.stem for path in gallery_file("wiggle").parent.glob("*.toml")}
    assert files - set(SWEEPS) == set(GALLERY)


@pytest.mark.parametrize("name", GALLERY)
def test_an_experiment_of_the_gallery_explains_itself(name: str) -> None:
    experiment: Experiment = gallery_experiment(name)
    assert experiment.title
    assert 20 < len(experiment.about) <= 90
    assert len(experiment.lesson) > 100
    assert experiment.checks.bands
    assert experiment.checks.approximate is not None


def test_an_unknown_experiment_is_an_error_with_the_nearest() -> None:
    with pytest.raises(ApproximantError, match="Unknown experiment 'wigle'; did you mean 'wiggle'"):
        gallery_experiment("wigle")


def test_the_page_of_settings_is_printed_from_the_tables() -> None:
    assert DOCS.read_text(encoding="utf-8") == settings_page(sweep_tables()), (
        "run `python -m approximant.sweeps._tables > docs/settings.md`"
    )


def test_every_setting_of_every_complete_file_is_in_the_tables() -> None:
    known = {table.name: {row[0] for row in table.rows} for table in settings_tables()}
    for name in GALLERY:
        complete: dict[str, Any] = tomllib.loads(gallery_experiment(name).toml())
        for section, values in complete.items():
            if isinstance(values, dict):
                assert values.keys() <= known[f"[{section}]"]
