package io.moetool.maven;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Something that a step checked.
 *
 * @param name what was checked, with its limit
 * @param failure why it did not pass
 */
record Check(String name, Optional<String> failure) {
  /** The gates in a document of {@code validate}. */
  static List<Check> gates(JsonNode document) {
    return document.has("candidates") ? List.of(sweep(document)) : gatesOfOne(document);
  }

  /** One candidate of a sweep must keep all gates. */
  private static Check sweep(JsonNode document) {
    if (!document.path("smallestPassing").isNull()) {
      return new Check("sweep", Optional.empty());
    }
    List<String> failures = new ArrayList<>();
    for (JsonNode candidate : document.path("candidates")) {
      gatesOfOne(candidate).stream()
          .flatMap(check -> check.failure().stream())
          .forEach(failure -> failures.add(candidate.path("name").asString("") + ": " + failure));
    }
    return new Check(
        "sweep", Optional.of("no candidate keeps all gates: " + String.join("; ", failures)));
  }

  private static List<Check> gatesOfOne(JsonNode document) {
    List<Check> checks = new ArrayList<>();
    for (JsonNode gate : document.path("gates")) {
      String name = gate.path("name").asString("");
      String limit = plain(gate.path("limit"));
      checks.add(
          new Check(
              name + " " + limit,
              gate.path("passed").asBoolean(false)
                  ? Optional.empty()
                  : Optional.of(
                      "gate %s is not kept: limit %s, actual %s"
                          .formatted(name, limit, plain(gate.path("actual"))))));
    }
    return checks;
  }

  /** Without an exponent, however large; what is no number stays as it is written. */
  private static String plain(JsonNode value) {
    return value.isNumber() && Double.isFinite(value.asDouble())
        ? value.decimalValue().stripTrailingZeros().toPlainString()
        : value.asString("");
  }

  /** The verdict in a document of {@code verify}. */
  static Check soundness(JsonNode document) {
    if (document.path("passed").asBoolean(false)) {
      return new Check("sound", Optional.empty());
    }
    List<String> problems = new ArrayList<>();
    for (JsonNode finding : document.path("findings")) {
      if (finding.path("severity").asString("").equals("error")) {
        problems.add(
            finding.path("where").asString("") + ": " + finding.path("message").asString(""));
      }
    }
    return new Check("sound", Optional.of("is not sound: " + String.join("; ", problems)));
  }
}
