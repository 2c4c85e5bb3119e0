package io.moetool.formats;

/**
 * A model, data file or plan that is malformed, inconsistent or not supported.
 *
 * <p>The message is what a user sees: where, what is wrong and why, and what mends it. It is the
 * only failure that stands for "the input is to blame"; the command line maps it to exit code 3.
 */
public final class BadInputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * Reports an input that cannot be used.
   *
   * @param where file, and inside it the layer, tensor, line or byte offset
   * @param problem what is wrong: what was expected and what was found
   * @param mend what the user can do about it
   */
  public BadInputException(String where, String problem, String mend) {
    super(where + ": " + problem + "\n  " + mend);
  }

  /**
   * As {@link #BadInputException(String, String, String)}, keeping the failure that revealed it.
   */
  public BadInputException(String where, String problem, String mend, Throwable cause) {
    super(where + ": " + problem + "\n  " + mend, cause);
  }

  private BadInputException(String message, BadInputException cause) {
    super(message, cause);
  }

  /** The same failure, with one more thing that the user can do. */
  public BadInputException orElse(String mend) {
    return new BadInputException(getMessage() + "\n  " + mend, this);
  }
}
