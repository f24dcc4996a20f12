"""Proofs on trial: random networks and formulas, prover and checker against balls of 220 bits.

    python benchmarks/soundness.py                                  # 20,000 of each kind
    python benchmarks/soundness.py --networks 500 --formulas 500
    python benchmarks/soundness.py --case networks 1234             # one of them, with everything

`networks` compares a network with a formula that is the network written out, or has one constant
moved by part of the distance of two floats; `formulas` a formula with conditions with a network
that is the formula elsewhere. At kinks, corners, ends, borders of cells and beside them the errors,
executed and in real arithmetic, are held against what the certificate says, of the whole and of
the cell; then the checker has to refuse every certificate that is false, and forgeries that say
slightly less than the truth. Exits with 1 if anything is wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import resource
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection

from drawn.trial import DRAWS, OUT_OF_TIME, PROVED, Outcome, drawn, run

PATIENCE = 120.0  # seconds after which a case counts as one that never ends
MEMORY = 6 << 30  # bytes of address space that a case may take

Task = tuple[str, int, int]  # kind, number, seed


class Worker(threading.local):
    """A process of each thread that runs cases, started anew when one of them ended it."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._answers, other = context.Pipe()
        self._process = context.Process(target=_work, args=(other,), daemon=True)
        self._process.start()
        other.close()

    def run(self, task: Task) -> Outcome:
        """Return what became of a case; one that ends its process, or never ends, is wrong."""
        try:
            self._answers.send(task)
            if self._answers.poll(PATIENCE):
                found: Outcome = self._answers.recv()
                return found
            words = f"crash: no end after {PATIENCE:g} s"
            self._process.kill()
        except (EOFError, OSError):
            words = "crash: it ended its process"
        self._process.join()
        self._start()
        return Outcome(task[0], task[1], wrong=[words])


def _work(tasks: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with contextlib.suppress(EOFError):  # no more tasks
        while True:
            tasks.send(run(*tasks.recv()))


def outcomes(counts: dict[str, int], first: int, seed: int, jobs: int) -> Iterator[Outcome]:
    """Yield what became of the cases, in their order."""
    tasks = [(kind, k, seed) for kind, count in counts.items() for k in range(first, first + count)]
    worker = Worker()
    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(worker.run, tasks)


def table(kind: str, found: list[Outcome]) -> str:
    """Return the counts of one kind in words: what was tried, and what was left untried."""
    provers, checkers = (Counter(getattr(o, who) for o in found) for who in ("prover", "checker"))
    short = sum(count for reason, count in provers.items() if reason.startswith(OUT_OF_TIME))
    unchecked = sum(n for reason, n in checkers.items() if reason.startswith(OUT_OF_TIME))
    whole, part = (provers[words] for words in PROVED)
    accepted, refuted = checkers["accepted"], checkers["rightly refused"]
    spent = [sum(o.seconds[k] for o in found) for k in range(3)]
    slowest = max(found, key=lambda o: o.seconds[2])
    lines = [
        f"{kind}: {len(found)} cases, {sum(bool(o.wrong) for o in found)} wrong",
        f"  prover: {whole} proved, {part} more in part crudely for lack of time; not proved: "
        f"{short} for lack of time, {len(found) - whole - part - short} for other reasons",
        f"  checker: {accepted} accepted, {refuted} false and refused; not accepted: {unchecked} "
        f"for lack of time, {whole + part - accepted - refuted - unchecked} for other reasons; "
        f"{sum(o.lies for o in found)} forgeries tried",
        f"  {sum(o.looks for o in found)} values compared, "
        f"{sum(o.undecided for o in found)} undecided",
        f"  seconds: {spent[0]:.0f} proving, {spent[1]:.0f} checking, {spent[2]:.0f} in all; "
        f"the slowest case {slowest.index} took {slowest.seconds[2]:.1f}",
    ]
    for title, reasons in (("prover", provers), ("checker", checkers)):
        for reason, count in reasons.most_common():
            if reason not in (*PROVED, "accepted", "rightly refused", ""):
                example = next(o.index for o in found if reason in (o.prover, o.checker))
                lines.append(f"  {count} refused by the {title} (as case {example}): {reason}")
    return "\n".join(lines)


def show(outcome: Outcome, seed: int) -> str:
    """Return all that is needed to look into a case."""
    case, _ = drawn(outcome.kind, outcome.index, seed)
    lines = [f"case {outcome.kind} {outcome.index} (--seed {seed}), {outcome.label}"]
    lines += [f"  WRONG {words}" for words in outcome.wrong]
    lines += [f"  prover: {outcome.prover}", f"  checker: {outcome.checker}"]
    lines += [f"  domain {case.model.domain.intervals()}", f"  network {case.model.network}"]
    for name in ("input_scaling", "output_scaling"):
        scaling = getattr(case.model, name)
        lines.append(f"  {name} {scaling.anchor.tolist()} {scaling.width.tolist()}")
    for layer in case.model.network.layers:
        biases = None if layer.biases is None else layer.biases.tolist()
        lines.append(f"  layer {layer.weights.tolist()} {biases} {layer.groups}")
    return "\n".join(lines + [f"  formula {text}" for text in case.texts])


def main() -> int:
    """Run the cases asked for; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", type=int, default=20_000)
    parser.add_argument("--formulas", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--case", nargs=2, metavar=("KIND", "NUMBER"), help="run this one alone")
    options = parser.parse_args()
    if options.case:
        outcome = run(options.case[0], int(options.case[1]), options.seed)
        print(show(outcome, options.seed))
        return int(bool(outcome.wrong))
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read by the processes started
    start = time.perf_counter()
    found: dict[str, list[Outcome]] = {kind: [] for kind in DRAWS}
    counts = {kind: getattr(options, kind) for kind in DRAWS}
    for outcome in outcomes(counts, options.first, options.seed, options.jobs):
        found[outcome.kind].append(outcome)
        if outcome.wrong:
            print(show(outcome, options.seed), flush=True)
    for kind, cases in found.items():
        if cases:
            print(table(kind, cases))
    print(f"{time.perf_counter() - start:.0f} s")
    return int(any(outcome.wrong for cases in found.values() for outcome in cases))


if __name__ == "__main__":
    sys.exit(main())
