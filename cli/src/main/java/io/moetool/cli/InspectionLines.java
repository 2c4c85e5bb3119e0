package io.moetool.cli;

import io.moetool.formats.family.Finding;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What inspections of checkpoints and of ONNX models have in common, for people. */
final class InspectionLines {
  private InspectionLines() {}

  static String section(Console.Ink ink, String heading, String lines) {
    return ink.bold(heading) + "\n" + lines;
  }

  /** Types with their shares of all elements. */
  static String elementTypes(Map<String, Long> elements) {
    long all = elements.values().stream().mapToLong(Long::longValue).sum();
    return elements.entrySet().stream()
        .map(e -> e.getKey() + " " + share(e.getValue(), all))
        .collect(Collectors.joining(", "));
  }

  /** Roles with their bytes and shares of all bytes. */
  static String roles(Map<String, Long> bytesByRole, long all) {
    Table roles = new Table();
    bytesByRole.forEach(
        (role, bytes) -> roles.row(words(role), Amounts.bytes(bytes), share(bytes, all)));
    return roles.render("  ");
  }

  static String findings(List<Finding> findings, Console.Ink ink) {
    return findings.isEmpty() ? "  agree\n" : FindingText.lines(findings, ink);
  }

  private static String share(long part, long whole) {
    return Amounts.percent(whole == 0 ? 0 : (double) part / whole);
  }

  /** {@code routedExperts} as {@code routed experts}. */
  private static String words(String key) {
    return key.replaceAll("([A-Z])", " $1").toLowerCase(Locale.ROOT);
  }
}
