#!/bin/sh
# Checks moetool against transformers and ONNX Runtime. Usage: interop/run.sh [unittest options], for example -k mixtral.
#   MOETOOL  launcher to check (default: the one at the project's root)
#   PYTHON   Python with requirements.txt installed (default: interop/.venv, else python3)
set -eu

here=$(CDPATH='' cd "$(dirname "$0")" && pwd -P)
if [ -z "${PYTHON:-}" ]; then
  PYTHON=python3
  [ ! -x "$here/.venv/bin/python" ] || PYTHON=$here/.venv/bin/python
fi
MOETOOL=${MOETOOL:-$here/../moetool}
case $MOETOOL in
  /*) ;;
  *) MOETOOL=$(pwd -P)/$MOETOOL ;;
esac
[ -x "$MOETOOL" ] || { echo "run.sh: $MOETOOL is no program" >&2; exit 2; }
export MOETOOL OMP_NUM_THREADS="${OMP_NUM_THREADS:-2}" HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false

cd "$here"
exec "$PYTHON" -m unittest discover -p 'test_*.py' "$@"
