#!/bin/sh
# Peak memory and time of analyze with limits: run.sh MOETOOL MODEL OUT LIMIT...
# MODEL is what synthetic.py wrote. "none" is no limit. The outputs have to be the same, byte for byte.
set -eu

moetool=$1
model=$2
out=$3
shift 3
mkdir -p "$out"
first=
for limit in "$@"; do
  set -- analyze "$model" --data "$model/rows.jsonl" -o "$out/$limit" --quiet --threads "${THREADS:-2}"
  [ "$limit" = none ] || set -- "$@" --memory-limit "$limit"
  rm -rf "$out/$limit"
  "$moetool" "$@" >/dev/null &
  process=$!
  started=$(date +%s)
  peak=0
  # The launcher becomes the JVM, so its id stays.
  while now=$(awk '/VmHWM/ { print $2 }' "/proc/$process/status" 2>/dev/null) && [ -n "$now" ]; do
    peak=$now
    sleep 0.2
  done
  wait "$process"
  echo "limit $limit: peak $((peak * 1024 / 1000000)) MB, $(($(date +%s) - started)) s"
  if [ -z "$first" ]; then
    first=$out/$limit
  else
    diff -r "$first" "$out/$limit"
  fi
done
