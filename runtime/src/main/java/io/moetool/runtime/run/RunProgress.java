package io.moetool.runtime.run;

/** Hears how far long work has come. */
@FunctionalInterface
public interface RunProgress {
  /** Nobody listens. */
  RunProgress NONE = (step, done, total) -> {};

  /**
   * Reports a step.
   *
   * @param step what is being done, the same text until it is finished
   * @param done units done
   * @param total units in all
   */
  void report(String step, long done, long total);
}
