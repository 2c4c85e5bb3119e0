#!/bin/sh
# Where the processor time of `moetool analyze` goes: profile.sh MOETOOL ANALYZE-ARGUMENTS...
# Needs a JDK 25 (JAVA_HOME, or javac on the PATH).
set -eu
[ $# -ge 2 ] || { sed -n '2,3s/^# *//p' "$0" >&2; exit 2; }
here=$(CDPATH='' cd "$(dirname "$0")" && pwd -P)
moetool=$1
shift
bin=${JAVA_HOME:+$JAVA_HOME/bin/}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${bin}javac" -d "$scratch/classes" "$here/profile/StageProfile.java"
echo 'Premain-Class: StageProfile' >"$scratch/manifest"
"${bin}jar" cfm "$scratch/agent.jar" "$scratch/manifest" -C "$scratch/classes" .
MOETOOL_OPTS="${MOETOOL_OPTS:-} -javaagent:$scratch/agent.jar=$scratch/stages" "$moetool" analyze "$@" >/dev/null
cat "$scratch/stages"
