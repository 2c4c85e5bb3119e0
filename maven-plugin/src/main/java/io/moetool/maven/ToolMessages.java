package io.moetool.maven;

import java.util.ArrayList;
import java.util.List;
import org.apache.maven.plugin.logging.Log;

/**
 * What the tool says on standard error, as Maven logs it. A message begins with the tool's name and
 * may go on for several lines; the last one before a failure is the failure's own.
 */
final class ToolMessages {
  private static final String NAME = "moetool: ";
  private static final String WARNING = NAME + "warning: ";

  private final Log log;
  private final List<String> current = new ArrayList<>();

  ToolMessages(Log log) {
    this.log = log;
  }

  /** Takes the next line. */
  synchronized void accept(String line) {
    if (line.startsWith(NAME)) {
      flush();
      current.add(line);
    } else if (current.isEmpty()) {
      log.debug(line); // the JVM's own remarks come before the tool's first word
    } else {
      current.add(line);
    }
  }

  /** Ends a run that did not fail. */
  synchronized void flush() {
    if (current.isEmpty()) {
      return;
    }
    String first = current.get(0);
    if (first.startsWith(WARNING)) {
      current.set(0, first.substring(WARNING.length()));
      current.forEach(log::warn);
    } else {
      current.set(0, first.substring(NAME.length()));
      current.forEach(log::info);
    }
    current.clear();
  }

  /** Ends a run that failed: the last message, without the tool's name. */
  synchronized String failure() {
    String message = String.join(System.lineSeparator(), current);
    current.clear();
    return message.startsWith(NAME) ? message.substring(NAME.length()) : message;
  }
}
