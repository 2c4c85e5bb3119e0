#!/bin/sh
# Held-out loss of every way to halve (or quarter) the experts, over three parts of the calibration text.
# usage: quality.sh MOETOOL MODEL CALIBRATION.jsonl HELDOUT.jsonl FOLDER
# Prints one line a result: ratio, way, router, seed, loss in nats per token. FOLDER takes all intermediate results.
set -eu
[ $# -eq 5 ] || { sed -n 3p "$0" >&2; exit 2; }
moetool=$1 model=$2 calibration=$3 heldout=$4 folder=$5
mkdir -p "$folder"

loss() {
  "$moetool" evaluate "$1" --data "$heldout" --json -q 2>/dev/null | sed -n 's/.*"meanNll" *: *\([0-9.]*\).*/\1/p' | head -n 1
}

# made RATIO WAY ROUTER SEED COMMAND...: writes a model, prints its loss, removes it.
made() {
  ratio=$1 way=$2 router=$3 seed=$4
  shift 4
  rm -rf "$folder/model"
  "$moetool" "$@" -o "$folder/model" -q >/dev/null 2>>"$folder/log"
  echo "$ratio $way $router $seed $(loss "$folder/model")"
  rm -rf "$folder/model"
}

echo "all none - - $(loss "$model")"
for seed in 0 1 2; do
  part=$folder/part-$seed.jsonl
  awk -v seed="$seed" 'NR % 3 == seed' "$calibration" >"$part"
  statistics=$folder/statistics-$seed
  [ -d "$statistics" ] || "$moetool" analyze "$model" --data "$part" -o "$statistics" -q >/dev/null 2>>"$folder/log"
  for remove in 25% 50%; do
    made $remove prune:reap - $seed prune "$model" --statistics "$statistics" --method reap --remove $remove
    made $remove prune:random - $seed prune "$model" --statistics "$statistics" --method random --seed $seed --remove $remove
    for method in ream m-smoe hc-smoe hc-smoe-ward; do
      for router in drop average duplicate; do
        made $remove merge:$method $router $seed merge "$model" --statistics "$statistics" --method $method --router $router --remove $remove
      done
    done
    made $remove merge:random-groups drop $seed merge "$model" --statistics "$statistics" --method random-groups --seed $seed --remove $remove
    made $remove merge:ream:unaligned drop $seed merge "$model" --statistics "$statistics" --method ream --align none --remove $remove
  done
done
