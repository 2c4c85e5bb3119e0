package io.moetool.runtime.ort;

import java.util.Locale;

/** Where graphs run, as a user asks for it. */
public enum Device {
  /** CUDA where it works, the CPU otherwise. */
  AUTO,
  CPU,
  CUDA;

  /** Name on the command line and in JSON. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
