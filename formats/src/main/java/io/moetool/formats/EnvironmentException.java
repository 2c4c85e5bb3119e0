package io.moetool.formats;

/**
 * The machine cannot do what was asked: disk, native library, device. Neither the input nor moetool
 * is to blame; the command line maps it to exit code 5.
 */
public final class EnvironmentException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Reports a machine that cannot do what was asked.
   *
   * @param where the resource: path, library or device
   * @param problem what failed
   * @param mend what the user can do about it
   */
  public EnvironmentException(String where, String problem, String mend) {
    super(where + ": " + problem + "\n  " + mend);
  }

  /**
   * As {@link #EnvironmentException(String, String, String)}, keeping the failure that revealed it.
   */
  public EnvironmentException(String where, String problem, String mend, Throwable cause) {
    super(where + ": " + problem + "\n  " + mend, cause);
  }

  private EnvironmentException(String message, EnvironmentException cause) {
    super(message, cause);
  }

  /** The same failure, with one more thing that the user can do. */
  public EnvironmentException orElse(String mend) {
    return new EnvironmentException(getMessage() + "\n  " + mend, this);
  }
}
