package io.moetool.formats.family;

import io.moetool.formats.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** Edits the texts in a list of a JSON document by position, every other character kept. */
final class ConfigList {
  /** An entry from its opening to behind its closing quote. */
  private record Entry(int begin, int end, String value) {}

  private ConfigList() {}

  /**
   * The text with a list's entries replaced.
   *
   * @param path keys from the root to the list; a text without such a list is returned as it is
   * @param edit what becomes of an entry; empty removes it
   */
  static String edit(String text, String path, Function<String, Optional<String>> edit) {
    List<Entry> entries = entries(text, path);
    StringBuilder edited = new StringBuilder(text);
    // From the end, so that positions before an edit stay what they are.
    for (int i = entries.size() - 1; i >= 0; i--) {
      Entry entry = entries.get(i);
      Optional<String> value = edit.apply(entry.value());
      if (value.isEmpty()) {
        remove(edited, entries, i, edit);
      } else if (!value.get().equals(entry.value())) {
        edited.replace(entry.begin(), entry.end(), Json.tree(value.get()).toString());
      }
    }
    return edited.toString();
  }

  /** Removes an entry with the separator after it, or before it if nothing stays after it. */
  private static void remove(
      StringBuilder edited,
      List<Entry> entries,
      int place,
      Function<String, Optional<String>> edit) {
    boolean staysAfter =
        entries.subList(place + 1, entries.size()).stream()
            .anyMatch(entry -> edit.apply(entry.value()).isPresent());
    Entry entry = entries.get(place);
    if (staysAfter) {
      edited.delete(entry.begin(), entries.get(place + 1).begin());
    } else {
      edited.delete(place == 0 ? entry.begin() : entries.get(place - 1).end(), entry.end());
    }
  }

  private static List<Entry> entries(String text, String path) {
    List<Entry> entries = new ArrayList<>();
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), text)) {
      String[] keys = path.split("\\.", -1);
      if (parser.nextToken() == JsonToken.START_OBJECT && enter(parser, keys)) {
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          parser.skipChildren();
          if (parser.currentToken() == JsonToken.VALUE_STRING) {
            int begin = (int) parser.currentTokenLocation().getCharOffset();
            entries.add(new Entry(begin, endOfString(text, begin), parser.getString()));
          }
        }
      }
    }
    return entries;
  }

  /** Steps to the list at the end of the keys; false if there is none. */
  private static boolean enter(JsonParser parser, String[] keys) {
    for (int depth = 0; depth < keys.length; depth++) {
      JsonToken wanted = depth == keys.length - 1 ? JsonToken.START_ARRAY : JsonToken.START_OBJECT;
      boolean found = false;
      while (!found && parser.nextToken() == JsonToken.PROPERTY_NAME) {
        boolean named = parser.currentName().equals(keys[depth]);
        found = parser.nextToken() == wanted && named;
        if (!found) {
          parser.skipChildren();
        }
      }
      if (!found) {
        return false;
      }
    }
    return true;
  }

  private static int endOfString(String text, int begin) {
    int at = begin + 1;
    while (text.charAt(at) != '"') {
      at += text.charAt(at) == '\\' ? 2 : 1;
    }
    return at + 1;
  }
}
