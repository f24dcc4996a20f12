"""A sweep that is killed at any moment goes on: nothing is lost, nothing is done twice."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from inline import Inline

import approximant as ap
from approximant.store import RunStore

ASKED: dict[str, Any] = {
    "target": {"formula": "sin(x)", "domain": {"x": [0, 6]}},
    "sampling": {"rows": 40},
    "network": {"shape": "1-4-1 tanh"},
    "training": {"optimizer": {"name": "adam", "rate": 0.01}, "epochs": 3},
    "sweep": {"settings": {"training.optimizer.rate": [0.01, 0.02, 0.05, 0.1]}, "seeds": 6},
}

# One process that has imported everything forks a sweep, waits a little and kills it, again and
# again; so a kill costs no more than what was done until then.
KILLING = """
import json, os, random, signal, sys, time
sys.path.insert(0, sys.argv[3])
from inline import Inline
import approximant as ap
from approximant.store import RunStore
asked, folder = json.loads(sys.argv[1]), sys.argv[2]
small = {**asked, "sweep": {"settings": {"training.epochs": [1]}}}
ap.sweep(small, executor=Inline())  # what is loaded once
random.seed(7)
killed, seen = 0, []
while killed < 24:
    pid = os.fork()
    if not pid:
        try:
            ap.sweep(asked, folder, executor=Inline())
        finally:
            os._exit(0)
    time.sleep(random.uniform(0.0, 0.06))
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    killed += os.WIFSIGNALED(status)
    if not os.path.exists(folder):
        continue
    with RunStore.open(folder, create=True) as store:
        seen.append({run.id: run.created for run in store.find("status=finished")})
    if not os.WIFSIGNALED(status):
        break
print(json.dumps([killed, seen]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_killed_at_24_random_moments_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    here = str(Path(__file__).parent)
    command = [sys.executable, "-c", KILLING, json.dumps(ASKED), str(folder), here]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    killed, seen = json.loads(done.stdout)
    assert killed >= 20
    for before, after in zip(seen, seen[1:], strict=False):
        # What was finished stays, made once: same id, same moment.
        assert before.items() <= after.items()
    rest = ap.sweep(ASKED, folder, executor=Inline())
    assert rest.kept == len(seen[-1]) and rest.kept + rest.ran == 24
    _check_whole(folder)


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_two_sweeps_on_one_store_share_the_work(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    code = (
        "import json, sys\nsys.path.insert(0, sys.argv[3])\nfrom inline import Inline\n"
        "import approximant as ap\n"
        "ap.sweep(json.loads(sys.argv[1]), sys.argv[2], executor=Inline())"
    )
    here = str(Path(__file__).parent)
    command = [sys.executable, "-c", code, json.dumps(ASKED), str(folder), here]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for process in both:
        _, error = process.communicate(timeout=120)
        assert process.returncode == 0, error
    _check_whole(folder)
    assert ap.sweep(ASKED, folder, executor=Inline()).kept == 24


def test_a_sweep_with_workers_goes_on_after_a_kill(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    code = (
        "import json, os, signal, sys\nimport approximant as ap\n"
        "def tell(event):\n"
        "    if event.finished >= 3: os.kill(os.getpid(), signal.SIGKILL)\n"
        "ap.sweep(json.loads(sys.argv[1]), sys.argv[2], progress=tell, workers=2)"
    )
    command = [sys.executable, "-c", code, json.dumps(ASKED), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == -9
    rest = ap.sweep(ASKED, folder, executor=Inline())
    assert rest.kept >= 3 and rest.kept + rest.ran == 24
    _check_whole(folder)


def _check_whole(folder: Path) -> None:
    """Check that a store holds every run of the sweep once, whole, with the right result."""
    expected = ap.sweep(ASKED, executor=Inline())
    with RunStore.open(folder) as store:
        runs = store.find("status=finished")
        assert store.count() == 24 and len({run.key for run in runs}) == 24
        found = {run.key: run.metrics["rmse"] for run in runs}
        for run in runs:
            assert run.model.domain.dimension == 1 and run.history is not None
        assert store.reindex() == 24
    assert found == {r.key: r.metrics["rmse"] for row in expected.rows for r in row.runs}
    assert not [path for path in folder.iterdir() if path.name.startswith(".") and path.is_dir()]
