#!/bin/sh
# Held-out loss of every way to make the experts of a model fewer or smaller, over three parts of the calibration text.
# usage: quality.sh MOETOOL MODEL CALIBRATION.jsonl HELDOUT.jsonl FOLDER
# Prints one line a result: share removed, way, seed, bytes of all tensors, loss in nats per token. FOLDER takes all intermediate results.
set -eu
[ $# -eq 5 ] || { sed -n 3p "$0" >&2; exit 2; }
moetool=$1 model=$2 calibration=$3 heldout=$4 folder=$5
mkdir -p "$folder"

number() {
  sed -n "s/.*\"$1\" *: *\([0-9.]*\).*/\1/p" | head -n 1
}

loss() {
  "$moetool" evaluate "$1" --data "$heldout" --json -q 2>/dev/null | number meanNll
}

# made SHARE WAY SEED COMMAND...: writes a model, prints its size and loss, removes it.
made() {
  share=$1 way=$2 seed=$3
  shift 3
  rm -rf "$folder/model"
  bytes=$("$moetool" "$@" -o "$folder/model" --json -q 2>>"$folder/log" | number bytesAfter)
  echo "$share $way $seed $bytes $(loss "$folder/model")"
  rm -rf "$folder/model"
}

echo "0% none - - $(loss "$model")"
for seed in 0 1 2; do
  part=$folder/part-$seed.jsonl
  awk -v seed="$seed" 'NR % 3 == seed' "$calibration" >"$part"
  statistics=$folder/statistics-$seed
  [ -d "$statistics" ] || "$moetool" analyze "$model" --data "$part" -o "$statistics" -q >/dev/null 2>>"$folder/log"
  for share in 25% 50%; do
    made $share prune:reap $seed prune "$model" --statistics "$statistics" --method reap --remove $share
    made $share prune:random $seed prune "$model" --statistics "$statistics" --method random --seed $seed --remove $share
    for method in ream m-smoe hc-smoe hc-smoe-ward sub-moe diversifying stun; do
      made $share merge:$method $seed merge "$model" --statistics "$statistics" --method $method --remove $share
    done
    made $share merge:random-groups $seed merge "$model" --statistics "$statistics" --method random-groups --seed $seed --remove $share
    made $share merge:ream:average $seed merge "$model" --statistics "$statistics" --method ream --router average --remove $share
    made $share merge:ream:unaligned $seed merge "$model" --statistics "$statistics" --method ream --align none --remove $share
    for method in ream m-smoe; do
      made $share merge:$method:duplicate $seed merge "$model" --statistics "$statistics" --method $method --router duplicate --remove $share
    done
    made $share compress:camera $seed compress "$model" --method camera --data "$part" --remove $share
  done
  made 50%-active compress:top-k:unfitted $seed compress "$model" --method top-k --experts-per-token 2
  made 50%-active compress:top-k $seed compress "$model" --method top-k --experts-per-token 2 --data "$part"
done
