package io.moetool.cli;

import io.moetool.formats.publish.WriteProgress;
import io.moetool.runtime.run.RunProgress;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Shows how far a long step is: on a terminal as a bar that is drawn over itself, elsewhere as one
 * line when the step is done. May be told from any thread.
 */
final class Progress {
  /** How progress is shown. */
  enum Style {
    BAR,
    LINES,
    SILENT
  }

  private static final long REDRAW_NANOS = Duration.ofMillis(100).toNanos();
  private static final int BAR_CELLS = 24;
  private static final String ERASE_LINE = "\r\u001b[2K";

  private final PrintWriter err;
  private final Style style;
  private final int columns;
  private final LongSupplier nanoClock;

  private String current = "";
  private String ended = "";
  private long startedAt;
  private long startedWith;
  private long drawnAt;
  private boolean lineOpen;

  Progress(PrintWriter err, Style style, int columns, LongSupplier nanoClock) {
    this.err = err;
    this.style = style;
    this.columns = columns;
    this.nanoClock = nanoClock;
  }

  /**
   * Reports a state of a step. A step begins with its first report and ends when all is done.
   *
   * @param step what is being done; another name is another step
   * @param done units done so far
   * @param total units there will be in the end
   * @param unit what is counted
   */
  synchronized void report(String step, long done, long total, Unit unit) {
    if (style == Style.SILENT) {
      return;
    }
    long now = nanoClock.getAsLong();
    boolean finished = done >= total;
    if (step.equals(ended) && done > 0) {
      return; // a slower thread reports what the last one has outdone
    }
    ended = "";
    if (!step.equals(current)) {
      clear();
      current = step;
      startedAt = now;
      startedWith = finished ? 0 : done;
      drawnAt = now - REDRAW_NANOS;
    }
    double seconds = (now - startedAt) / 1e9;
    if (finished) {
      clear();
      current = "";
      ended = step;
      err.println("moetool: " + step + ": " + summary(total, seconds, unit));
      err.flush();
    } else if (style == Style.BAR && now - drawnAt >= REDRAW_NANOS) {
      drawnAt = now;
      draw(line(step, done, total, seconds, unit));
    }
  }

  /** As seen by those who run models. */
  RunProgress steps() {
    return (step, done, total) -> report(step, done, total, Unit.STEPS);
  }

  /** As seen by those who write files. */
  WriteProgress bytes(String step) {
    return (done, total) -> report(step, done, total, Unit.BYTES);
  }

  /** Takes an unfinished bar off the terminal, so that a message can be written in its place. */
  synchronized void clear() {
    if (lineOpen) {
      err.print(ERASE_LINE);
      err.flush();
      lineOpen = false;
    }
  }

  private void draw(String line) {
    err.print(ERASE_LINE + (line.length() < columns ? line : line.substring(0, columns - 1)));
    err.flush();
    lineOpen = true;
  }

  private String line(String step, long done, long total, double seconds, Unit unit) {
    double share = (double) done / total;
    int cells = (int) (share * BAR_CELLS);
    String bar = "#".repeat(cells) + "-".repeat(BAR_CELLS - cells);
    String line = "%s [%s] %3d%%".formatted(step, bar, (int) (share * 100));
    long sinceStart = done - startedWith;
    if (sinceStart <= 0 || seconds <= 0) {
      return line;
    }
    double rate = sinceStart / seconds;
    return line + "  " + unit.rate(rate) + "  " + clock((total - done) / rate) + " left";
  }

  private static String summary(long total, double seconds, Unit unit) {
    String took = "%.1f s".formatted(seconds);
    return total > 0 && seconds > 0 ? unit.amount(total) + " in " + took : took;
  }

  /** Minutes and seconds, hours where there are any. */
  private static String clock(double seconds) {
    long whole = Math.round(seconds);
    return whole < 3600
        ? "%d:%02d".formatted(whole / 60, whole % 60)
        : "%d:%02d:%02d".formatted(whole / 3600, whole / 60 % 60, whole % 60);
  }

  /** What a step counts. */
  enum Unit {
    BYTES("B"),
    TOKENS("tokens"),
    STEPS("");

    private final String name;

    Unit(String name) {
      this.name = name;
    }

    private String amount(long amount) {
      return this == BYTES ? Amounts.bytes(amount) : amount + (name.isEmpty() ? "" : " " + name);
    }

    private String rate(double perSecond) {
      return this == BYTES
          ? Amounts.bytes((long) perSecond) + "/s"
          : "%.1f%s/s".formatted(perSecond, name.isEmpty() ? "" : " " + name);
    }
  }
}
