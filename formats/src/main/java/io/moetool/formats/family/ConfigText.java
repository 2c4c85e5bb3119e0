package io.moetool.formats.family;

import io.moetool.formats.BadInputException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** Replaces numbers in JSON text by position, so that spacing, order and unknown keys survive. */
final class ConfigText {
  private record Span(int begin, int end, long value) {}

  private ConfigText() {}

  static String replaceNumbers(String where, String text, Map<String, Long> numbers) {
    List<Span> spans = new ArrayList<>(find(where, text, numbers));
    spans.sort(Comparator.comparingInt(Span::begin).reversed());
    StringBuilder edited = new StringBuilder(text);
    for (Span span : spans) {
      edited.replace(span.begin(), span.end(), Long.toString(span.value()));
    }
    return edited.toString();
  }

  private static List<Span> find(String where, String text, Map<String, Long> numbers) {
    List<Span> spans = new ArrayList<>();
    TreeSet<String> missing = new TreeSet<>(numbers.keySet());
    Deque<String> keys = new ArrayDeque<>();
    int arrays = 0;
    String list = "";
    Map<String, String> listed = new HashMap<>();
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), text)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        switch (token) {
          case START_ARRAY -> {
            list = arrays++ == 0 ? path(keys, parser.currentName()) : "";
          }
          case END_ARRAY -> arrays--;
          case START_OBJECT -> {
            String key = parser.currentName();
            keys.addLast(key == null ? "" : key);
          }
          case END_OBJECT -> keys.removeLast();
          case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
            boolean inList = arrays == 1 && parser.streamReadContext().inArray();
            String path = arrays == 0 ? path(keys, parser.currentName()) : inList ? list : "";
            Long value = numbers.get(path);
            if (value != null) {
              String first = listed.putIfAbsent(path, parser.getString());
              if (first != null && !first.equals(parser.getString())) {
                throw new BadInputException(
                    where,
                    "%s holds different numbers, %s and %s"
                        .formatted(path, first, parser.getString()),
                    "only a number that is the same for all layers can be replaced");
              }
              int begin = (int) parser.currentTokenLocation().getCharOffset();
              spans.add(new Span(begin, begin + parser.getString().length(), value));
              missing.remove(path);
            }
          }
          default -> {
            // keys and other values are copied as they stand
          }
        }
      }
    }
    if (!missing.isEmpty()) {
      throw new BadInputException(
          where,
          "there is no number at " + String.join(", ", missing),
          "write it there as a plain number");
    }
    return spans;
  }

  private static String path(Deque<String> keys, String name) {
    StringBuilder path = new StringBuilder();
    for (String key : keys) {
      if (!key.isEmpty()) {
        path.append(key).append('.');
      }
    }
    return path.append(name).toString();
  }
}
