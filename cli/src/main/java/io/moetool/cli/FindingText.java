package io.moetool.cli;

import io.moetool.formats.family.Finding;
import io.moetool.formats.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;

/** Findings for people, and in documents. */
final class FindingText {
  private FindingText() {}

  /** One line each. */
  static String lines(List<Finding> findings, Console.Ink ink) {
    return findings.stream()
        .map(f -> (f.isError() ? ink.red("  error  ") : "  note   ") + f + "\n")
        .collect(Collectors.joining());
  }

  /** A result as a document whose {@code findings} are these. */
  static ObjectNode document(Object result, List<Finding> findings) {
    List<Map<String, String>> entries = new ArrayList<>();
    for (Finding finding : findings) {
      Map<String, String> entry = new LinkedHashMap<>();
      entry.put("severity", finding.severity().name().toLowerCase(Locale.ROOT));
      entry.put("where", finding.where());
      entry.put("message", finding.message());
      entries.add(entry);
    }
    ObjectNode document = (ObjectNode) Json.tree(result);
    document.set("findings", Json.tree(entries));
    return document;
  }
}
