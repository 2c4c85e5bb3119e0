package io.moetool.cli;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What moetool is told by its surroundings, read once at the start.
 *
 * @param colour whether results may be coloured
 * @param bar whether progress may be drawn over itself
 * @param columns width of the terminal
 * @param home folder of the distribution, with the bundled examples; known to the launcher
 */
record Environment(boolean colour, boolean bar, int columns, Optional<Path> home) {
  private static final int STANDARD_OUTPUT = 1;
  private static final int STANDARD_ERROR = 2;
  private static final int DEFAULT_COLUMNS = 80;

  /** Asks operating system, environment variables and system properties. */
  static Environment detect() {
    Map<String, String> variables = System.getenv();
    boolean dumb = variables.getOrDefault("TERM", "").equals("dumb");
    boolean plain = dumb || !variables.getOrDefault("NO_COLOR", "").isEmpty();
    return new Environment(
        !plain && isTerminal(STANDARD_OUTPUT),
        !dumb && isTerminal(STANDARD_ERROR),
        columns(variables.getOrDefault("COLUMNS", "")),
        Optional.ofNullable(System.getProperty("moetool.home")).map(Path::of));
  }

  private static int columns(String text) {
    return text.matches("[1-9][0-9]{1,3}") ? Integer.parseInt(text) : DEFAULT_COLUMNS;
  }

  /** The JDK's console knows only whether input and output together are a terminal. */
  @SuppressWarnings("restricted")
  private static boolean isTerminal(int descriptor) {
    Linker linker = Linker.nativeLinker();
    return linker
        .defaultLookup()
        .find("isatty")
        .map(address -> {
          FunctionDescriptor type =
              FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
          try {
            return (int) linker.downcallHandle(address, type).invokeExact(descriptor) == 1;
          } catch (Throwable e) {
            throw new IllegalStateException("isatty takes and returns an int", e);
          }
        })
        .orElse(false);
  }
}
