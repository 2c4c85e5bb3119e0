package io.moetool.transforms.validate;

import io.moetool.analyzers.report.Page;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;

/** Draws perplexity ratios and their intervals, one row a domain, as SVG. */
final class RatioPlot {
  private static final int WIDTH = 900;
  private static final int ROW = 30;
  private static final int LEFT = 190;
  private static final int RIGHT = 80;
  private static final int TICKS = 4;
  private static final int LONGEST_NAME = 24;

  private final SequencedMap<String, DomainComparison> rows;
  private final double least;
  private final double most;

  RatioPlot(SequencedMap<String, DomainComparison> rows) {
    this.rows = rows;
    double low = 1;
    double high = 1;
    for (DomainComparison row : rows.values()) {
      Interval range = range(row);
      low = Math.min(low, range.low());
      high = Math.max(high, range.high());
    }
    double margin = high > low ? (high - low) * 0.05 : 0.01;
    this.least = low - margin;
    this.most = high + margin;
  }

  String svg() {
    int bottom = rows.size() * ROW + 8;
    StringBuilder svg = new StringBuilder();
    svg.append(
        "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"Perplexity ratio by domain\">\n"
            .formatted(WIDTH, bottom + 24));
    for (int tick = 0; tick <= TICKS; tick++) {
      double value = least + (most - least) * tick / TICKS;
      vertical(svg, "grid", value, bottom);
      text(svg, "axis", x(value), bottom + 18, "middle", ratio(value));
    }
    vertical(svg, "one", 1, bottom);
    int y = ROW / 2 + 4;
    for (Map.Entry<String, DomainComparison> row : rows.entrySet()) {
      row(svg, row.getKey(), row.getValue(), y);
      y += ROW;
    }
    return svg.append("</svg>").toString();
  }

  private void row(StringBuilder svg, String name, DomainComparison row, int y) {
    Interval range = range(row);
    text(svg, "name", LEFT - 12, y + 4, "end", shortened(name));
    svg.append(
        String.format(
            Locale.ROOT,
            "<line class=\"range\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>\n",
            x(range.low()),
            x(range.high()),
            y,
            y));
    svg.append(
        String.format(
            Locale.ROOT, "<circle cx=\"%.1f\" cy=\"%d\" r=\"5\"/>\n", x(row.perplexityRatio()), y));
    text(svg, "value", WIDTH - RIGHT + 12, y + 4, "start", ratio(row.perplexityRatio()));
  }

  private void vertical(StringBuilder svg, String style, double value, int bottom) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<line class=\"%s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"%d\"/>\n",
            style,
            x(value),
            x(value),
            bottom));
  }

  private static void text(
      StringBuilder svg, String style, double x, int y, String anchor, String text) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<text class=\"%s\" x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%s</text>\n",
            style,
            x,
            y,
            anchor,
            Page.inText(text)));
  }

  private double x(double value) {
    return LEFT + (WIDTH - LEFT - RIGHT) * (value - least) / (most - least);
  }

  private static Interval range(DomainComparison row) {
    double ratio = row.perplexityRatio();
    return row.intervals().map(Intervals::perplexityRatio).orElse(new Interval(ratio, ratio));
  }

  private static String shortened(String name) {
    return name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME - 1) + "…";
  }

  private static String ratio(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }
}
