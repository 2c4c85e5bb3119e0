"""Runs moetool as its users do: as a program with arguments, exit codes and JSON on standard output."""

import json
import os
import subprocess

import places

PROGRAM = os.environ.get("MOETOOL", str(places.ROOT / "moetool"))
LONGEST_SECONDS = 900


def run(*arguments, exit_code=0):
    """Standard output of one call that must end with the given exit code."""
    command = [PROGRAM, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=LONGEST_SECONDS)
    if done.returncode != exit_code:
        raise AssertionError(f"{' '.join(command)}\nended with {done.returncode} instead of {exit_code}\n{done.stderr[-4000:]}")
    return done.stdout


def run_json(*arguments, exit_code=0):
    """The one JSON document that a call with --json prints."""
    return json.loads(run(*arguments, "--json", exit_code=exit_code))
