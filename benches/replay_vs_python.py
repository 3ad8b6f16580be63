#!/usr/bin/env python3
"""Measures the replay beside Python's own json, on the same generated lines.

    python3 benches/replay_vs_python.py [--commands 1000000] [--seed 1] [--rounds 5]

Python reads each line and writes it again (json.loads, json.dumps); the replay
reads each line, decides it, keeps what must be kept and writes its answer.
The two take turns, so that whatever else the machine does meets both. Both
write to /dev/null. Time is what the processes spent on a processor, which a
busy machine disturbs least; the time on the clock is shown beside it.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = """
import json, sys
write = sys.stdout.write
for line in open(sys.argv[1], encoding="utf-8"):
    write(json.dumps(json.loads(line)) + "\\n")
"""


def built():
    """The examples of this crate, built; the directory in which they are."""
    build = ["cargo", "build", "--release", "--examples", "--message-format=json-render-diagnostics"]
    output = subprocess.run(build, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    messages = [json.loads(line) for line in output.splitlines()]
    return {m["target"]["name"]: m["executable"] for m in messages if m.get("executable")}


def measured(command):
    """Seconds on a processor, seconds on the clock, and the most memory, of one run."""
    began = time.perf_counter()
    with open(os.devnull, "w") as nothing:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=nothing, stderr=nothing)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[0]} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - began, usage.ru_maxrss / 1024


def repeats(lines, path):
    """So many lines that ask again for what 1,000 payments were answered."""
    body = '"body":{"paymentId":"payment-%04d"%s}}\n'
    at = '{"op":"%s","at":"2026-03-02T08:00:00+08:00","clientId":"shop",'
    authorize = ',"paymentAmount":{"value":"1000","currency":"USD"},"authExpiryTime":"2026-03-09T08:00:00+08:00"'
    with open(path, "w", encoding="utf-8") as file:
        for number in range(lines):
            if number % 2:
                file.write(at % "inquire" + body % (number // 2 % 1000, ""))
            else:
                file.write(at % "authorize" + body % (number // 2 % 1000, authorize))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--commands", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    examples = built()
    with tempfile.TemporaryDirectory() as directory:
        lines = os.path.join(directory, "lines.jsonl")
        generate = [examples["generate"], "--commands", str(arguments.commands), "--seed", str(arguments.seed)]
        with open(lines, "w") as file:
            subprocess.run(generate, check=True, stdout=file)
        runs = {"python": [sys.executable, "-c", PYTHON, lines], "replay": [examples["replay"], lines]}
        taken = {name: [] for name in runs}
        for _ in range(arguments.rounds):
            for name, command in runs.items():
                taken[name].append(measured(command))
        print(f"{arguments.commands} lines, seed {arguments.seed}, median of {arguments.rounds} rounds each")
        medians = {}
        for name, rounds in taken.items():
            processor, clock, memory = (statistics.median(column) for column in zip(*rounds))
            medians[name] = processor, clock
            print(f"{name}  processor {processor:6.2f} s  clock {clock:6.2f} s  memory {memory:7.1f} MiB")
        for place, what in enumerate(("processor", "clock")):
            ratio = medians["python"][place] / medians["replay"][place]
            print(f"the replay is {ratio:.2f} times as fast as python's json ({what})")
        for count in (arguments.commands // 10, arguments.commands):
            repeats(count, lines)
            memory = measured([examples["replay"], lines])[2]
            print(f"{count} lines that ask again for 1000 payments: memory {memory:.1f} MiB")


if __name__ == "__main__":
    main()
