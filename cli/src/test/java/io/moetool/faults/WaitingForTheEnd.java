package io.moetool.faults;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.Path;

/**
 * Stops for good at a step, says so on standard output, and waits for the process to be killed. The
 * system properties {@value #FOLDER} and {@value #STEP} say where.
 */
final class WaitingForTheEnd extends Faults {
  static final String FOLDER = "moetool.faults.folder";
  static final String STEP = "moetool.faults.step";

  private final int last;

  private WaitingForTheEnd(Path watched, int last) {
    super(watched);
    this.last = last;
  }

  static Faults asAsked(FileSystem system) {
    return new WaitingForTheEnd(
        system.getPath(System.getProperty(FOLDER)), Integer.getInteger(STEP));
  }

  @Override
  protected void at(int step, boolean needsSpace) throws IOException {
    if (step == last) {
      System.out.println(StoppedRun.STOPPED);
      System.out.flush();
      while (System.in.read() >= 0) {
        // Nothing that is said to it makes it go on.
      }
      // Whoever started it has gone.
      Runtime.getRuntime().halt(1);
    }
  }
}
