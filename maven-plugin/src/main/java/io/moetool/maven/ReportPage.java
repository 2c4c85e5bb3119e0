package io.moetool.maven;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code report.html}: what the steps of a module did and found, on one page without a network. */
final class ReportPage {
  private static final int MOST_ROWS = 200;

  private static final String STYLE =
      """
      body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}
      table{border-collapse:collapse;margin:.5em 0 1em}
      th,td{border:1px solid #ccc;padding:.2em .6em;text-align:left;vertical-align:top}
      th{background:#f3f3f3}.failed{color:#b00020;font-weight:600}pre{white-space:pre-wrap;margin:0}
      """;

  private final StringBuilder html = new StringBuilder();

  private ReportPage() {}

  /** Writes the page; an earlier one is replaced. */
  static void write(StepFiles files, String title, BuildSummary summary) throws IOException {
    ReportPage page = new ReportPage();
    page.begin(title);
    for (JsonNode step : summary.steps()) {
      page.step(files.folder(), step);
    }
    page.html.append("</body></html>\n");
    Files.writeString(files.report(), page.html);
  }

  private void begin(String title) {
    html.append("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>")
        .append(escaped(title))
        .append("</title><style>\n")
        .append(STYLE)
        .append("</style></head><body><h1>")
        .append(escaped(title))
        .append("</h1>\n");
  }

  private void step(Path folder, JsonNode step) throws IOException {
    String outcome = step.path("outcome").asString("");
    html.append("<h2>")
        .append(escaped(step.path("step").asString("")))
        .append(": <span class=\"")
        .append(escaped(outcome))
        .append("\">")
        .append(escaped(outcome))
        .append("</span></h2>\n");
    String message = step.path("message").asString("");
    if (!message.isEmpty()) {
      html.append("<pre class=\"failed\">").append(escaped(message)).append("</pre>\n");
    }
    String page = "steps/" + step.path("step").asString("") + ".html";
    if (Files.exists(folder.resolve(page))) {
      link("with pictures", page);
    }
    String name = step.path("document").asString("");
    if (!name.isEmpty() && Files.exists(folder.resolve(name))) {
      try {
        section(JsonMapper.shared().readTree(Files.readString(folder.resolve(name))));
      } catch (JacksonException e) {
        html.append("<p>").append(escaped(name)).append(" is damaged</p>\n");
        return;
      }
      link("all of it", name);
    }
  }

  /**
   * Single values as one table, collections of records as one each; raw numbers stay in the file.
   */
  private void section(JsonNode document) {
    List<List<String>> single = new ArrayList<>();
    for (Map.Entry<String, JsonNode> property : document.properties()) {
      if (property.getValue().isValueNode()) {
        single.add(List.of(property.getKey(), text(property.getValue())));
      }
    }
    table(List.of(), single);
    for (Map.Entry<String, JsonNode> property : document.properties()) {
      JsonNode value = property.getValue();
      if (value.isObject() && !value.isEmpty()) {
        heading(property.getKey());
        mapping(value);
      } else if (value.isArray() && !value.isEmpty() && value.get(0).isObject()) {
        heading(property.getKey());
        records(value);
      }
    }
  }

  private void mapping(JsonNode value) {
    Set<String> columns = new LinkedHashSet<>();
    for (JsonNode entry : value) {
      columns.addAll(valueColumns(entry));
    }
    List<List<String>> rows = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : value.properties()) {
      List<String> row = new ArrayList<>(List.of(entry.getKey()));
      if (entry.getValue().isValueNode()) {
        row.add(text(entry.getValue()));
      } else if (entry.getValue().isObject()) {
        columns.forEach(column -> row.add(text(entry.getValue().path(column))));
      } else {
        continue;
      }
      rows.add(row);
    }
    List<String> head = new ArrayList<>();
    if (!columns.isEmpty()) {
      head.add("");
      head.addAll(columns);
    }
    table(head, rows);
  }

  private void records(JsonNode array) {
    List<String> columns = valueColumns(array.get(0));
    List<List<String>> rows = new ArrayList<>();
    for (JsonNode entry : array) {
      if (rows.size() == MOST_ROWS) {
        break;
      }
      rows.add(columns.stream().map(column -> text(entry.path(column))).toList());
    }
    table(columns, rows);
  }

  private static List<String> valueColumns(JsonNode entry) {
    List<String> columns = new ArrayList<>();
    if (entry.isObject()) {
      for (Map.Entry<String, JsonNode> property : entry.properties()) {
        if (property.getValue().isValueNode()) {
          columns.add(property.getKey());
        }
      }
    }
    return columns;
  }

  private void link(String text, String file) {
    html.append("<p>")
        .append(escaped(text))
        .append(": <a href=\"")
        .append(escaped(file))
        .append("\">")
        .append(escaped(file))
        .append("</a></p>\n");
  }

  private void heading(String name) {
    html.append("<h3>").append(escaped(name)).append("</h3>\n");
  }

  private void table(List<String> head, List<List<String>> rows) {
    if (rows.isEmpty()) {
      return;
    }
    html.append("<table>\n");
    if (!head.isEmpty()) {
      row("th", head);
    }
    rows.forEach(row -> row("td", row));
    html.append("</table>\n");
  }

  private void row(String tag, List<String> cells) {
    html.append("<tr>");
    for (String cell : cells) {
      html.append('<').append(tag).append('>').append(escaped(cell)).append("</").append(tag);
      html.append('>');
    }
    html.append("</tr>\n");
  }

  private static String text(JsonNode value) {
    return value.isMissingNode() || value.isNull() ? "" : value.asString("");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
