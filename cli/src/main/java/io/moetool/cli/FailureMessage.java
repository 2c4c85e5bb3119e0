package io.moetool.cli;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/**
 * What a user reads when a command fails: where, what and why, then on a line of its own the mend.
 */
final class FailureMessage {
  private FailureMessage() {}

  /** The message, with a stack trace where it is asked for or where it is all there is to say. */
  static String of(Throwable failure, boolean verbose) {
    Throwable reason = ExitCode.reason(failure);
    String text =
        switch (reason) {
          case BadInputException e -> e.getMessage();
          case EnvironmentException e -> e.getMessage();
          case FileSystemException e -> fileSystem(e);
          case IOException e -> "input or output failed: " + e + "\n  check the disk and the path";
          case OutOfMemoryError e ->
              "memory: "
                  + e.getMessage()
                  + "\n  give the JVM more with MOETOOL_OPTS=-Xmx8g, or use less data at once:"
                  + " --sequence-length, --max-tokens";
          case LinkageError e ->
              "native or optional library: "
                  + e
                  + "\n"
                  + "  start moetool with its launcher, on JDK 25 and a platform that ONNX Runtime"
                  + " supports";
          default ->
              "this is a bug in moetool: "
                  + reason
                  + "\n  report it with the command line and the lines below";
        };
    boolean bug = ExitCode.of(reason) == ExitCode.BUG;
    return "moetool: " + text + (bug || verbose ? "\n" + trace(failure) : "");
  }

  private static String fileSystem(FileSystemException e) {
    String file = e.getFile() == null ? "file system" : e.getFile();
    return switch (e) {
      case NoSuchFileException _ -> file + ": no such file or folder\n  check the path";
      case AccessDeniedException _ -> file + ": access denied\n  check its permissions";
      case FileAlreadyExistsException _ ->
          file + ": exists already\n  name a new place, or remove it";
      case NotDirectoryException _ -> file + ": not a folder\n  check the path";
      default -> {
        String why = e.getReason() == null ? e.getClass().getSimpleName() : e.getReason();
        yield file + ": " + why + "\n  check free space and permissions there";
      }
    };
  }

  private static String trace(Throwable failure) {
    StringWriter text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text));
    return text.toString().stripTrailing();
  }
}
