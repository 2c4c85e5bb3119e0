#!/bin/sh
# Calibration tokens per second of `moetool analyze` against transformers on the same tokens.
#   run.sh MOETOOL PYTHON [--threads N] [--rounds N] [--repeat N] [--rival X] [--only] [--spin] [--json FILE]
# MOETOOL: the launcher. PYTHON: one that has torch, transformers and safetensors.
# It tunes the rival, checks that both compute the same REAP scores, and measures them in turn.
set -eu
[ $# -ge 2 ] || { sed -n '2,4s/^# *//p' "$0" >&2; exit 2; }
moetool=$1
python=$2
shift 2
"$moetool" --version >/dev/null
exec "$python" "$(dirname "$0")/compare.py" "$moetool" "$@"
