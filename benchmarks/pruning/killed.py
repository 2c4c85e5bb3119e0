"""Kills `moetool prune` of a large checkpoint at random moments, and resumes it until it is through.

    killed.py MOETOOL FOLDER [--layers N] [--seed N] [--rounds N]

Makes the checkpoint of `large.py` in FOLDER and prunes half its experts undisturbed. In each round the same is done again, but every run is killed (SIGKILL)
after a random part of the undisturbed run's time and the next one resumes; after every kill there must be no output folder. In the end all files must be those of
the undisturbed run, byte by byte. Then two runs are started at one target at once: one must write it, the other refuse. FOLDER is emptied at the end. Needs
nothing but Python, and room for the source and twice the result.
"""

import argparse
import filecmp
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import large


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("moetool")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def start(moetool, source, plan, out):
    return subprocess.Popen(
        [moetool, "prune", source, "--plan", plan, "-o", out, "--resume", "-q"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def ended(process):
    text = process.communicate()[0]
    return process.returncode, text


def killed_until_through(moetool, source, plan, out, longest, lots):
    """Kills until a run is faster than its lot; how often that took."""
    kills = 0
    while True:
        process = start(moetool, source, plan, out)
        try:
            text = process.communicate(timeout=lots.uniform(0, longest))[0]
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            kills += 1
            if process.returncode == -signal.SIGKILL and out.exists():
                # Killed after the folder appeared: then it has to be whole.
                return kills
            continue
        if process.returncode != 0:
            sys.exit(f"a resumed run failed:\n{text}")
        return kills


def differences(one, other):
    names = {path.relative_to(folder) for folder in (one, other) for path in folder.rglob("*") if path.is_file()}
    return [str(name) for name in names if not filecmp.cmp(one / name, other / name, shallow=False)]


def main():
    args = arguments()
    args.folder.mkdir(parents=True, exist_ok=True)
    source, whole, out, plan = (args.folder / name for name in ("source", "whole", "out", "plan.json"))
    for path in (source, whole, out):
        shutil.rmtree(path, ignore_errors=True)
    lots = random.Random(args.seed)
    try:
        total = large.write_model(source, args.layers, False)
        large.measured(args.moetool, "plan", source, "--method", "random", "--remove", "50%", "-o", plan, "--json", "-q")
        begin = time.perf_counter()
        code, text = ended(start(args.moetool, source, plan, whole))
        seconds = time.perf_counter() - begin
        if code != 0:
            sys.exit(text)
        print(f"{total:,} bytes; undisturbed: {seconds:.1f} s", flush=True)
        for turn in range(args.rounds):
            kills = killed_until_through(args.moetool, source, plan, out, seconds, lots)
            different = differences(whole, out)
            if different:
                sys.exit(f"round {turn + 1}: after {kills} kills these differ: {different}")
            print(f"round {turn + 1}: {kills} kills; the result is the same, byte for byte", flush=True)
            shutil.rmtree(out)
        both = [start(args.moetool, source, plan, out) for _ in range(2)]
        results = [ended(process) for process in both]
        codes = sorted(code for code, _ in results)
        refusal = next((text for code, text in results if code != 0), "")
        if codes[0] != 0 or differences(whole, out):
            sys.exit(f"two at once ended with {codes}:\n{refusal}")
        print(f"two at once: exit codes {codes}; {refusal.strip()}")
        leftover = sorted(path.name for path in args.folder.iterdir())
        print(f"left in the folder: {', '.join(leftover)}")
    finally:
        for path in (source, whole, out):
            shutil.rmtree(path, ignore_errors=True)


if __name__ == "__main__":
    main()
