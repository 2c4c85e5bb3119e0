package io.moetool.faults;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A command in a JVM of its own that has come to a step of its work on the disk and stays there.
 */
public final class StoppedRun implements AutoCloseable {
  static final String STOPPED = "stopped as asked";

  private final Process process;

  private StoppedRun(Process process) {
    this.process = process;
  }

  /**
   * Starts a command and waits until it has come to a step.
   *
   * @param folder below which steps count
   * @param step from 0
   * @param mainClass class with the main method
   */
  public static StoppedRun at(Path folder, int step, String mainClass, List<String> arguments)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.nio.file.spi.DefaultFileSystemProvider=" + FaultyProvider.class.getName(),
                "-D" + WaitingForTheEnd.FOLDER + "=" + folder,
                "-D" + WaitingForTheEnd.STEP + "=" + step,
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                mainClass));
    command.addAll(arguments);
    StoppedRun run = new StoppedRun(new ProcessBuilder(command).redirectErrorStream(true).start());
    run.awaitStop();
    return run;
  }

  private void awaitStop() throws IOException {
    StringBuilder said = new StringBuilder();
    BufferedReader out = process.inputReader();
    @Nullable String line;
    do {
      line = out.readLine();
      if (line == null) {
        throw new IOException("it ended before that step:\n" + said);
      }
      said.append(line).append('\n');
    } while (!line.equals(STOPPED));
  }

  /** As {@code kill -9} does it. */
  public void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  /** As Ctrl-C or the system's end does it; returns what it said afterwards. */
  public String interrupt() throws IOException, InterruptedException {
    // Unlike the process itself, its handle leaves the streams open.
    process.toHandle().destroy();
    StringWriter said = new StringWriter();
    process.inputReader().transferTo(said);
    process.waitFor();
    return said.toString();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
