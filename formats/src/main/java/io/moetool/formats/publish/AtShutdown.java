package io.moetool.formats.publish;

/** Work to be done when the JVM is told to end, for instance by Ctrl-C. */
public final class AtShutdown {
  private AtShutdown() {}

  /** Has {@code work} started when the JVM ends. */
  public static void register(Thread work) {
    try {
      Runtime.getRuntime().addShutdownHook(work);
    } catch (IllegalStateException e) {
      // The JVM is ending already. Whoever closes the resource cleans up; otherwise nobody can.
    }
  }

  /** Takes it back. */
  public static void forget(Thread work) {
    try {
      Runtime.getRuntime().removeShutdownHook(work);
    } catch (IllegalStateException e) {
      // The JVM is ending: the hook runs, and finds that there is nothing left to do.
    }
  }
}
