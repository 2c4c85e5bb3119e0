package io.moetool.cli;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import picocli.CommandLine;

/** How a command ended. The numbers are part of the command-line contract. */
enum ExitCode {
  OK(0, "done"),
  BUG(1, "a bug in moetool"),
  USAGE(2, "wrong usage"),
  INPUT(3, "bad input: malformed, inconsistent or unsupported model, data or plan"),
  CHECK(4, "a check or gate did not pass"),
  ENVIRONMENT(5, "environment: disk, JDK, native library, device");

  private final int value;
  private final String description;

  ExitCode(int value, String description) {
    this.value = value;
    this.description = description;
  }

  /** Number to meaning, for help texts. */
  static Map<String, String> descriptions() {
    Map<String, String> descriptions = new LinkedHashMap<>();
    for (ExitCode code : values()) {
      descriptions.put(Integer.toString(code.value), code.description);
    }
    return descriptions;
  }

  int value() {
    return value;
  }

  /** The code for a failure; the only place where failures become numbers. */
  static ExitCode of(Throwable failure) {
    return switch (reason(failure)) {
      case CommandLine.ParameterException _ -> USAGE;
      case BadInputException _ -> INPUT;
      case EnvironmentException _, IOException _, LinkageError _, OutOfMemoryError _ -> ENVIRONMENT;
      default -> BUG;
    };
  }

  /** The failure itself, without the wrapping that threads and streams put around it. */
  static Throwable reason(Throwable failure) {
    Throwable reason = failure;
    while (reason instanceof UncheckedIOException
        || reason instanceof ExecutionException
        || reason instanceof CompletionException) {
      Throwable cause = reason.getCause();
      if (cause == null) {
        break;
      }
      reason = cause;
    }
    return reason;
  }
}
