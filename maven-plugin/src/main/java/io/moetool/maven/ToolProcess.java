package io.moetool.maven;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/** A run of the tool in a JVM of its own. */
final class ToolProcess {
  /**
   * Parallel builds take turns: one run uses all processors, and several at once would only share
   * them and add up their memory.
   */
  private static final Semaphore TURN = new Semaphore(1, true);

  private ToolProcess() {}

  /**
   * Runs a command line to its end.
   *
   * @param out takes each line of standard output
   * @param err takes each line of standard error
   * @return the exit code
   */
  static int run(List<String> command, Path directory, Consumer<String> out, Consumer<String> err)
      throws IOException, InterruptedException {
    TURN.acquire();
    try {
      return runNow(command, directory, out, err);
    } finally {
      TURN.release();
    }
  }

  private static int runNow(
      List<String> command, Path directory, Consumer<String> out, Consumer<String> err)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    speakUtf8(builder.environment());
    Process process = builder.start();
    process.getOutputStream().close();
    // A build that is ended takes the tool with it; the tool then cleans up what it began.
    Thread ending = new Thread(process::destroy, "moetool-end");
    Runtime.getRuntime().addShutdownHook(ending);
    try {
      Thread errors = reader(process.getErrorStream(), err);
      Thread results = reader(process.getInputStream(), out);
      int code = process.waitFor();
      errors.join();
      results.join();
      return code;
    } finally {
      process.destroy();
      try {
        Runtime.getRuntime().removeShutdownHook(ending);
      } catch (IllegalStateException e) {
        process.destroy(); // this JVM is ending, and its hooks have begun
      }
    }
  }

  /** Outside a UTF-8 locale the JVM can neither open nor print names beyond ASCII. */
  private static void speakUtf8(Map<String, String> variables) {
    for (String name : List.of("LC_ALL", "LC_CTYPE", "LANG")) {
      String value = variables.getOrDefault(name, "");
      if (!value.isEmpty()) {
        String lower = value.toLowerCase(Locale.ROOT);
        if (lower.endsWith("utf-8") || lower.endsWith("utf8")) {
          return;
        }
        break;
      }
    }
    variables.put("LC_ALL", "C.UTF-8");
  }

  private static Thread reader(InputStream stream, Consumer<String> lines) {
    Thread thread =
        new Thread(
            () -> {
              try (BufferedReader reader =
                  new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                reader.lines().forEach(lines);
              } catch (IOException | UncheckedIOException e) {
                lines.accept("moetool: its output cannot be read any more: " + e);
              }
            },
            "moetool-output");
    thread.setDaemon(true);
    thread.start();
    return thread;
  }
}
