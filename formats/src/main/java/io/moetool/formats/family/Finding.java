package io.moetool.formats.family;

/**
 * Something a check noticed.
 *
 * @param severity whether it stands in the way
 * @param where file, layer or tensor
 * @param message what was expected and what was found
 */
public record Finding(Severity severity, String where, String message) {
  /** Whether a finding stands in the way. */
  public enum Severity {
    /** What was checked cannot be used as it is. */
    ERROR,
    /** Worth knowing; nothing depends on it. */
    WARNING
  }

  /** A finding that stands in the way. */
  public static Finding error(String where, String message) {
    return new Finding(Severity.ERROR, where, message);
  }

  /** A finding that does not stand in the way. */
  public static Finding warning(String where, String message) {
    return new Finding(Severity.WARNING, where, message);
  }

  /** Whether it stands in the way. */
  public boolean isError() {
    return severity == Severity.ERROR;
  }

  @Override
  public String toString() {
    return where + ": " + message;
  }
}
