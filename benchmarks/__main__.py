"""`python -m benchmarks`: run the questions, write what came out as JSON, tables and plots."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.harness import QUICK, Scale, results, run
from benchmarks.report import RESULTS, write

QUESTIONS = ("cold_start", "throughput", "build_time", "training", "memory", "growth")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=QUESTIONS, help="ask this one alone")
    parser.add_argument("--quick", action="store_true", help="a look: few rounds, few samples")
    parser.add_argument("--samples", type=float, help="the part of the samples of trainings")
    parser.add_argument("--effort", type=float, help="the part of the rounds")
    parser.add_argument(
        "--output", type=Path, default=RESULTS, help="the folder for what came out (%(default)s)"
    )
    arguments = parser.parse_args()
    base = QUICK if arguments.quick else Scale()
    scale = Scale(arguments.samples or base.samples, arguments.effort or base.effort)
    for name in arguments.only or QUESTIONS:
        question = importlib.import_module(f"benchmarks.{name}")
        with TemporaryDirectory() as folder:
            rows = [
                row
                for group in question.groups(Path(folder), scale)
                for row in results(group, run(group))
            ]
        print(write(name, question.__doc__ or "", rows, arguments.output))


if __name__ == "__main__":
    main()
