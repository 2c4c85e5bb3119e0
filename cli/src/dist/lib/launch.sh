# Sourced by bin/moetool and by the launcher of a source tree. POSIX sh; no output unless something is wrong.

need=25

fail() {
  printf 'moetool: %s\n' "$1" >&2
  exit 5
}

# is_suitable JDK_HOME: whether this is an installed JDK of the version we need.
is_suitable() {
  [ -x "$1/bin/java" ] && [ -r "$1/release" ] || return 1
  while IFS= read -r line; do
    case $line in
      "JAVA_VERSION=\"$need\"" | "JAVA_VERSION=\"$need".*) return 0 ;;
      JAVA_VERSION=*) return 1 ;;
    esac
  done <"$1/release"
  return 1
}

# find_java PRIVATE_JRE: sets java_home, or ends with exit code 5 and says what to do.
find_java() {
  if [ -n "${MOETOOL_JAVA_HOME:-}" ]; then
    is_suitable "$MOETOOL_JAVA_HOME" \
      || fail "MOETOOL_JAVA_HOME=$MOETOOL_JAVA_HOME is not a JDK $need; set it to one, or unset it to search the usual folders"
    java_home=$MOETOOL_JAVA_HOME
    return
  fi
  on_path=$(command -v java || true)
  [ -z "$on_path" ] || on_path=$(readlink -f "$on_path" || true)
  for java_home in \
    "$1" \
    "${JAVA_HOME:-}" \
    "${on_path%/bin/java}" \
    /usr/lib/jvm/* /usr/lib64/jvm/* /usr/java/* /usr/local/java/* /opt/* /opt/java/* /opt/jdk/* \
    "${HOME:-}"/.sdkman/candidates/java/* "${HOME:-}"/.jdks/* "${HOME:-}"/.local/share/mise/installs/java/* "${HOME:-}"/.asdf/installs/java/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home "${HOME:-}"/Library/Java/JavaVirtualMachines/*/Contents/Home \
    /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
    if [ -n "$java_home" ] && is_suitable "$java_home"; then
      return
    fi
  done
  fail "no JDK $need found; install one (for example from https://adoptium.net) and set MOETOOL_JAVA_HOME to its folder"
}

# launch HOME ARGUMENTS...: replaces this shell by moetool of the distribution in HOME; java_home is set.
launch() {
  home=$1
  shift
  # Outside a UTF-8 locale the JVM can neither open nor print names beyond ASCII.
  case ${LC_ALL:-${LC_CTYPE:-${LANG:-}}} in
    *[Uu][Tt][Ff]-8 | *[Uu][Tt][Ff]8) ;;
    *) export LC_ALL=C.UTF-8 ;;
  esac
  # shellcheck disable=SC2086 # MOETOOL_OPTS holds several options
  exec "$java_home/bin/java" \
    --add-modules=jdk.incubator.vector \
    --enable-native-access=ALL-UNNAMED \
    -XX:MaxRAMPercentage=50 \
    -Duser.language=en \
    -Dai.djl.offline=true \
    -Dmoetool.home="$home" \
    ${MOETOOL_OPTS:-} \
    -cp "$home/lib/*" \
    io.moetool.cli.Moetool "$@"
}
