package io.moetool.cli;

import io.moetool.formats.json.Json;
import io.moetool.formats.publish.StagedFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Where a command shows what it has to say: results on standard output, either as text for people
 * or as exactly one JSON document; everything else on standard error.
 */
final class Console {
  private final PrintWriter out;
  private final PrintWriter err;
  private final boolean json;
  private final Optional<Path> summary;
  private final boolean quiet;
  private final Progress progress;
  private final Ink ink;

  Console(
      PrintWriter out,
      PrintWriter err,
      boolean json,
      Optional<Path> summary,
      boolean quiet,
      Progress progress,
      Ink ink) {
    this.out = out;
    this.err = err;
    this.json = json;
    this.summary = summary;
    this.quiet = quiet;
    this.progress = progress;
    this.ink = ink;
  }

  /**
   * Shows the result of a command. Called once, when nothing can fail any more.
   *
   * @param document what {@code --json} prints and {@code --summary} writes
   * @param text what people read, lines ending in line feeds
   */
  void result(Object document, Supplier<String> text) {
    progress.clear();
    summary.ifPresent(file -> StagedFile.write(file, Json.write(document)));
    out.print(json ? Json.write(document) : text.get());
    out.flush();
  }

  /** Shows a part of a result as soon as it is known; only text for people comes in parts. */
  void part(String text) {
    if (!json) {
      progress.clear();
      out.print(text);
      out.flush();
    }
  }

  /** Tells about something that does not stop the command. */
  void warn(String message) {
    if (!quiet) {
      progress.clear();
      err.println("moetool: warning: " + message);
      err.flush();
    }
  }

  /** Tells what is going on. */
  void note(String message) {
    if (!quiet) {
      progress.clear();
      err.println("moetool: " + message);
      err.flush();
    }
  }

  boolean isJson() {
    return json;
  }

  Progress progress() {
    return progress;
  }

  /** How emphasis looks here. */
  Ink ink() {
    return ink;
  }

  /** Emphasis, where the terminal can show it. */
  record Ink(boolean colour) {
    String bold(String text) {
      return colour ? "\u001b[1m" + text + "\u001b[0m" : text;
    }

    String red(String text) {
      return colour ? "\u001b[31m" + text + "\u001b[0m" : text;
    }

    String green(String text) {
      return colour ? "\u001b[32m" + text + "\u001b[0m" : text;
    }
  }
}
