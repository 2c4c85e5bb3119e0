#!/bin/sh
# Held-out loss of a pruned model with nothing made up for, and with either repair; and of the same model with raw shares of the softmax as coefficients.
# usage: repairs.sh MOETOOL MODEL CALIBRATION.jsonl HELDOUT.jsonl FOLDER
# Prints one line a result: coefficients, share removed, repair, error of layers before and after, loss in nats per token. FOLDER takes all intermediate results.
set -eu
[ $# -eq 5 ] || { sed -n 3p "$0" >&2; exit 2; }
moetool=$1 model=$2 calibration=$3 heldout=$4 folder=$5
mkdir -p "$folder"

loss() {
  "$moetool" evaluate "$1" --data "$heldout" --json -q 2>/dev/null | sed -n 's/.*"meanNll" *: *\([0-9.]*\).*/\1/p' | head -n 1
}

rm -rf "$folder/raw"
cp -r "$model" "$folder/raw"
sed -i 's/"norm_topk_prob": *true/"norm_topk_prob": false/' "$folder/raw/config.json"
for coefficients in renormalised raw; do
  [ $coefficients = raw ] && source=$folder/raw || source=$model
  echo "$coefficients 0% none - $(loss "$source")"
  [ -d "$folder/analysis-$coefficients" ] || "$moetool" analyze "$source" --data "$calibration" -o "$folder/analysis-$coefficients" -q >/dev/null 2>&1
  for share in 25% 50% 75%; do
    "$moetool" plan "$source" --statistics "$folder/analysis-$coefficients" --method reap --remove $share -o "$folder/plan.json" -q >/dev/null 2>&1
    for repair in none scalar router; do
      options=
      [ $repair = none ] || options="--repair $repair --data $calibration"
      rm -rf "$folder/model"
      # shellcheck disable=SC2086 # several words
      note=$("$moetool" prune "$source" --plan "$folder/plan.json" $options -o "$folder/model" 2>&1 >/dev/null | sed -n 's/.*mean over layers: //p')
      echo "$coefficients $share $repair ${note:--} $(loss "$folder/model")"
    done
  done
done
rm -rf "$folder/model"
