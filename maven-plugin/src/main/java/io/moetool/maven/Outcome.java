package io.moetool.maven;

import java.util.Locale;

/** How a step of a build ended. */
enum Outcome {
  DONE,
  UNCHANGED,
  FAILED;

  /** As {@code summary.json} names it. */
  String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
