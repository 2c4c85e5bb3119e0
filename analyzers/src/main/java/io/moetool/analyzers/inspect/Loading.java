package io.moetool.analyzers.inspect;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/**
 * Whether a program loads a checkpoint of some shape.
 *
 * @param program its name
 * @param verdict whether it does
 * @param rule what decided
 */
public record Loading(String program, Verdict verdict, String rule) {

  /** Whether a checkpoint loads. */
  public enum Verdict {
    /** It loads and runs. */
    YES,
    /** It loads and runs, but not everywhere or not at full speed. */
    LIMITED,
    /** It is refused, or loads wrong. */
    NO;

    /** Name in JSON. */
    @JsonValue
    public String key() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
