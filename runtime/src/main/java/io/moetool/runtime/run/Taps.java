package io.moetool.runtime.run;

import java.util.Optional;

/**
 * Who watches a run.
 *
 * @param routed sees what every token's chosen experts did
 * @param sample sees what every expert does with some of the tokens
 */
public record Taps(Optional<MoeTap<?>> routed, Optional<SampleTap> sample) {
  /** Nobody watches. */
  public static final Taps NONE = new Taps(Optional.empty(), Optional.empty());

  /** One who sees the chosen experts. */
  public static Taps of(MoeTap<?> tap) {
    return new Taps(Optional.of(tap), Optional.empty());
  }

  /** One who sees all experts on some of the tokens. */
  public static Taps of(SampleTap tap) {
    return new Taps(Optional.empty(), Optional.of(tap));
  }

  /** And one more who sees all experts on some of the tokens. */
  public Taps with(SampleTap tap) {
    return new Taps(routed, Optional.of(tap));
  }
}
