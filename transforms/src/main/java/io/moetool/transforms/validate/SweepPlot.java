package io.moetool.transforms.validate;

import io.moetool.analyzers.report.Page;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Draws divergence against size as SVG: a point a candidate, the base at no divergence, and a line
 * through those that no other candidate betters.
 */
final class SweepPlot {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 420;
  private static final int LEFT = 80;
  private static final int RIGHT = 160;
  private static final int BOTTOM = 50;
  private static final int TOP = 30;
  private static final int TICKS = 4;
  private static final int LONGEST_NAME = 24;

  private final Sweep sweep;
  private final double mostBytes;
  private final double mostKl;

  SweepPlot(Sweep sweep) {
    this.sweep = sweep;
    this.mostBytes =
        Math.max(
            sweep.baseSize().bytes(),
            sweep.candidates().stream().mapToLong(model -> model.size().bytes()).max().orElse(0));
    double most =
        sweep.candidates().stream()
            .mapToDouble(model ->
                Math.max(
                    model.klDivergence(),
                    model.intervals().map(range -> range.klDivergence().high()).orElse(0.0)))
            .filter(Double::isFinite)
            .max()
            .orElse(0);
    this.mostKl = most > 0 ? most * 1.05 : 1;
  }

  String svg() {
    StringBuilder svg = new StringBuilder();
    svg.append(
        "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"KL divergence by size\">\n"
            .formatted(WIDTH, HEIGHT));
    for (int tick = 0; tick <= TICKS; tick++) {
      double bytes = mostBytes * tick / TICKS;
      double kl = mostKl * tick / TICKS;
      line(svg, "grid", x(bytes), x(bytes), y(0), y(mostKl));
      line(svg, "grid", x(0), x(mostBytes), y(kl), y(kl));
      text(svg, "axis", x(bytes), HEIGHT - BOTTOM + 18, "middle", megabytes(bytes));
      text(svg, "axis", LEFT - 8, y(kl) + 4, "end", String.format(Locale.ROOT, "%.3g", kl));
    }
    text(svg, "axis", x(mostBytes / 2), HEIGHT - 10, "middle", "size");
    text(svg, "axis", LEFT - 8, TOP - 16, "end", "KL");
    List<SweptModel> front =
        sweep.candidates().stream()
            .filter(SweptModel::onFront)
            .filter(model -> Double.isFinite(model.klDivergence()))
            .sorted(Comparator.comparingLong(model -> model.size().bytes()))
            .toList();
    svg.append("<polyline class=\"front\" points=\"")
        .append(
            front.stream()
                .map(model ->
                    String.format(
                        Locale.ROOT,
                        "%.1f,%.1f",
                        x((double) model.size().bytes()),
                        y(model.klDivergence())))
                .collect(Collectors.joining(" ")))
        .append("\"/>\n");
    point(svg, "base", (double) sweep.baseSize().bytes(), 0, "base");
    for (SweptModel model : sweep.candidates()) {
      if (Double.isFinite(model.klDivergence())) {
        candidate(svg, model);
      }
    }
    return svg.append("</svg>").toString();
  }

  private void candidate(StringBuilder svg, SweptModel model) {
    double bytes = (double) model.size().bytes();
    model
        .intervals()
        .map(Intervals::klDivergence)
        .ifPresent(
            range -> line(svg, "range", x(bytes), x(bytes), y(range.low()), y(range.high())));
    point(svg, model.onFront() ? "best" : "other", bytes, model.klDivergence(), model.name());
  }

  private void point(StringBuilder svg, String style, double bytes, double kl, String name) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"5\"/>\n",
            style,
            x(bytes),
            y(kl)));
    text(svg, "name", x(bytes) + 9, y(kl) - 7, "start", shortened(name));
  }

  private static void line(
      StringBuilder svg, String style, double x1, double x2, double y1, double y2) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<line class=\"%s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n",
            style,
            x1,
            x2,
            y1,
            y2));
  }

  private static void text(
      StringBuilder svg, String style, double x, double y, String anchor, String text) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n",
            style,
            x,
            y,
            anchor,
            Page.inText(text)));
  }

  private double x(double bytes) {
    return LEFT + (WIDTH - LEFT - RIGHT) * bytes / mostBytes;
  }

  private double y(double kl) {
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * kl / mostKl;
  }

  private static String megabytes(double bytes) {
    return bytes >= 1e9
        ? String.format(Locale.ROOT, "%.1f GB", bytes / 1e9)
        : String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }

  /** The end of a path says more than its beginning. */
  private static String shortened(String name) {
    return name.length() <= LONGEST_NAME
        ? name
        : "…" + name.substring(name.length() - LONGEST_NAME + 1);
  }
}
