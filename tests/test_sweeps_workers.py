"""Where a sweep runs: worker processes that die, executors of others, a Dask cluster."""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from inline import Inline

import approximant as ap
from approximant.errors import SettingError, StoreError
from approximant.store import RunStore
from approximant.sweeps._crew import Crew, WorkerDied

RATE = "training.optimizer.rate"
BASE: dict[str, Any] = {
    "target": {"formula": "sin(x)", "domain": {"x": [0, 6]}},
    "sampling": {"rows": 50},
    "network": {"shape": "1-4-1 tanh"},
    "training": {"optimizer": {"name": "adam", "rate": 0.01}, "epochs": 4},
}
ASKED = BASE | {"sweep": {"settings": {RATE: [0.01, 0.1]}, "seeds": 3}}


@pytest.fixture(scope="module")
def crew() -> Iterator[Crew]:
    crew = Crew(2)
    yield crew
    crew.shutdown()


def _results(found: ap.sweeps.Sweep) -> list[list[float]]:
    return [row.errors.tolist() for row in found.rows]


def test_results_do_not_depend_on_the_executor_or_the_number_of_workers(crew: Crew) -> None:
    expected = _results(ap.sweep(ASKED, executor=Inline()))
    assert _results(ap.sweep(ASKED, executor=crew)) == expected
    assert _results(ap.sweep(ASKED, workers=1)) == expected
    with ThreadPoolExecutor(3) as threads:
        assert _results(ap.sweep(ASKED, executor=threads)) == expected


def test_a_crew_passes_values_and_errors_on(crew: Crew) -> None:
    assert crew.submit(pow, 2, 10).result() == 1024
    with pytest.raises(ZeroDivisionError, match="by zero"):
        crew.submit(divmod, 1, 0).result()
    with pytest.raises(TypeError, match="positional"):
        crew.submit(pow, base=2, exp=3)


def test_a_worker_that_died_is_replaced(crew: Crew) -> None:
    with pytest.raises(WorkerDied, match="exit code 3"):
        crew.submit(os._exit, 3).result()
    with pytest.raises(WorkerDied, match="signal 9"):
        crew.submit(signal.raise_signal, signal.SIGKILL).result()
    assert {crew.submit(abs, -k).result() for k in range(8)} == set(range(8))


def test_a_worker_that_is_killed_at_rest_is_nobodys_fault(crew: Crew) -> None:
    pids = {crew.submit(os.getpid).result() for _ in range(20)}
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    time.sleep(0.2)
    assert [crew.submit(abs, -k).result() for k in range(6)] == list(range(6))


def test_workers_end_with_the_process_that_began_them(tmp_path: Path) -> None:
    code = (
        "import os, sys, time\nfrom approximant.sweeps._crew import Crew\ncrew = Crew(1)\n"
        "print(crew.submit(os.getpid).result(), flush=True)\ncrew.submit(time.sleep, 60)\n"
        "time.sleep(60)"
    )
    import subprocess

    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        process.kill()
    for _ in range(100):
        if not _alive(pid):
            return
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    raise AssertionError("the worker lives on")


def _alive(pid: int) -> bool:
    """Tell whether a process runs; one that only waits to be buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


KILLER = """
import os, signal
def once(x):
    flag = {flag!r}
    if not os.path.exists(flag):
        open(flag, "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return x * x
def always(x):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def _deadly(tmp_path: Path, function: str) -> dict[str, Any]:
    text = KILLER.format(flag=str(tmp_path / "killed"))
    tmp_path.joinpath("deadly_module.py").write_text(text)
    target = {"function": f"deadly_module:{function}", "domain": {"x": [0, 1]}}
    return BASE | {"target": target | {"folder": str(tmp_path)}}


def test_an_experiment_whose_worker_died_runs_again(tmp_path: Path) -> None:
    found = ap.sweep(_deadly(tmp_path, "once") | {"sweep": {"settings": {RATE: [0.1, 0.2, 0.3]}}})
    assert (tmp_path / "killed").exists()
    assert not found.failed and found.ran == 3


def test_a_worker_that_dies_every_time_stops_after_three(tmp_path: Path) -> None:
    found = ap.sweep(_deadly(tmp_path, "always") | {"sweep": {"settings": {RATE: [0.1]}}})
    assert [run.reason for run in found.failed] == [
        "its worker died 3 times, the last time with signal 9"
    ]
    assert found.rows[0].values == {RATE: 0.1}  # which settings


def test_an_executor_that_breaks_ends_the_sweep_and_loses_nothing(tmp_path: Path) -> None:
    class Broken(Inline):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
            if self.calls == 3:
                raise BrokenExecutor("it broke")
            return super().submit(fn, *args, **kwargs)

    with pytest.raises(SettingError, match=r"does not work any more \(it broke\)"):
        ap.sweep(ASKED, tmp_path / "runs", executor=Broken(), workers=1)
    rest = ap.sweep(ASKED, tmp_path / "runs", executor=Inline())
    assert rest.kept + rest.ran == 6 and rest.kept > 0


def test_unreachable_clusters_and_odd_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("approximant.sweeps._executors.PATIENCE", 0.3)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(SettingError, match=f"No Dask cluster with workers answers at .*{port}"):
        ap.sweep(ASKED, executor=f"dask://127.0.0.1:{port}")
    with pytest.raises(SettingError, match="Unknown executor 'ray://x'; write dask://HOST:PORT"):
        ap.sweep(ASKED, executor="ray://x")


@pytest.mark.filterwarnings("ignore")  # of a cluster that starts and stops
def test_a_dask_cluster_gives_the_same_results(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    expected = _results(ap.sweep(ASKED, executor=Inline()))
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, protocol="tcp://", host="127.0.0.1",
        dashboard_address=None,
    ) as cluster:  # fmt: skip
        address = cluster.scheduler_address.replace("tcp://", "dask://")
        assert _results(ap.sweep(ASKED, executor=address)) == expected
        with distributed.Client(cluster) as client:
            assert _results(ap.sweep(ASKED, executor=client.get_executor())) == expected


def test_a_full_disk_is_told_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ap.sweep(BASE | {"sweep": {"settings": {RATE: [0.01]}}}, tmp_path / "runs", executor=Inline())
    write = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.name == "model.safetensors":
            raise OSError(28, "No space left on device")
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StoreError, match=r"no space left on device.*unharmed"):
        ap.sweep(ASKED, tmp_path / "runs", executor=Inline())
    monkeypatch.undo()
    rest = ap.sweep(ASKED, tmp_path / "runs", executor=Inline())
    assert rest.kept == 1 and rest.ran == 5
    with RunStore.open(tmp_path / "runs") as store:
        assert store.count() == 6
    assert not [p for p in (tmp_path / "runs").iterdir() if p.name.startswith(".")]


def test_a_folder_that_is_no_store_is_left_alone(tmp_path: Path) -> None:
    tmp_path.joinpath("letter.txt").write_text("dear")
    with pytest.raises(StoreError, match="is no run store"):
        ap.sweep(ASKED, tmp_path, executor=Inline())
    newer = tmp_path / "newer"
    newer.mkdir()
    newer.joinpath("store.json").write_text('{"schema": 99}')
    with pytest.raises(StoreError, match="newer"):
        ap.sweep(ASKED, newer, executor=Inline())


def test_ctrl_c_keeps_what_has_finished(tmp_path: Path) -> None:
    def press(event: ap.Progress) -> None:
        if getattr(event, "finished", 0) >= 2:
            signal.raise_signal(signal.SIGINT)

    assert threading.current_thread() is threading.main_thread()
    many = BASE | {"sweep": {"settings": {RATE: [k / 1000 for k in range(1, 60)]}, "seeds": 9}}
    found = ap.sweep(many, tmp_path / "runs", workers=1, progress=press)
    assert found.interrupted and 2 <= found.ran < 400
    with RunStore.open(tmp_path / "runs") as store:
        assert store.count() >= found.ran
