package io.moetool.formats.checkpoint;

import io.moetool.formats.BadInputException;
import io.moetool.formats.EnvironmentException;
import io.moetool.formats.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What hubs read at the top of a {@code README.md}, between two lines of three hyphens: licence,
 * languages, base model, tags. It is YAML, of which only keys with a text, or with a list of texts,
 * are understood; all else is left out by name, so that whatever the source says, what is written
 * is valid.
 */
public final class FrontMatter {
  /** The file that hubs show. */
  public static final String MODEL_CARD = "README.md";

  private static final String FENCE = "---";
  private static final int LONGEST_TEXT = 1 << 16;
  private static final int MOST_KEYS = 100;
  private static final int MOST_VALUES = 1000;
  private static final int LONGEST_VALUE = 1000;

  private static final Pattern KEY = Pattern.compile("([A-Za-z][A-Za-z0-9_-]{0,63}):(?: (.*))?");

  /** What was measured on the original says nothing about a model made from it. */
  private static final Set<String> MEASURED =
      Set.of("co2_eq_emissions", "eval_results", "metrics", "model-index", "new_version");

  /** Texts that need no quotes: YAML of every version reads them as they stand. */
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z][A-Za-z0-9_./-]*");

  /** Texts that are no texts without quotes, and those that stand for what they say. */
  private static final Pattern RESERVED = Pattern.compile("(?i)y|n|yes|no|true|false|on|off|null");

  private static final Pattern LITERAL = Pattern.compile("true|false|-?(0|[1-9][0-9]{0,15})");

  /** Values as they are written. */
  private final Map<String, List<String>> entries;

  private final Set<String> lists;
  private final List<String> leftOut;

  private FrontMatter(Map<String, List<String>> entries, Set<String> lists, List<String> leftOut) {
    this.entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    this.lists = Set.copyOf(lists);
    this.leftOut = List.copyOf(leftOut);
  }

  /**
   * Reads what stands at the top of a model's {@code README.md}; nothing if it has none, or one
   * that is a link to elsewhere.
   */
  public static FrontMatter ofModel(Path folder) {
    Path readme = folder.resolve(MODEL_CARD);
    try {
      if (!new ModelFolder(folder).holds(readme)) {
        return of("");
      }
      try (InputStream in = Files.newInputStream(readme)) {
        return of(new String(in.readNBytes(LONGEST_TEXT), StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      throw new EnvironmentException(
          readme.toString(), "cannot be read: " + e, "check its permissions", e);
    }
  }

  /** Reads what stands at the top of {@code readme}; nothing if it is no front matter. */
  public static FrontMatter of(String readme) {
    List<String> lines = readme.lines().limit(10_000).toList();
    int end = lines.isEmpty() ? -1 : lines.subList(1, lines.size()).indexOf(FENCE);
    return lines.isEmpty() || !lines.getFirst().equals(FENCE) || end < 0
        ? new FrontMatter(Map.of(), Set.of(), List.of())
        : new Reading().read(lines.subList(1, 1 + end));
  }

  /** The same with further values for a key that holds a list; those that are there stay. */
  public FrontMatter with(String key, List<String> values) {
    Set<String> all = new LinkedHashSet<>(entries.getOrDefault(key, List.of()));
    values.forEach(value -> all.add(quotedAsNeeded(value)));
    Map<String, List<String>> more = new LinkedHashMap<>(entries);
    more.put(key, List.copyOf(all));
    Set<String> moreLists = new LinkedHashSet<>(lists);
    moreLists.add(key);
    return new FrontMatter(more, moreLists, leftOut);
  }

  /** Keys of the source that were left out: not understood, or measured on the original. */
  public List<String> leftOut() {
    return leftOut;
  }

  /** The text with both fences, ending in a line feed. */
  public String text() {
    StringBuilder text = new StringBuilder(FENCE + "\n");
    entries.forEach((key, values) -> {
      text.append(key).append(':');
      if (!lists.contains(key)) {
        text.append(' ').append(values.getFirst()).append('\n');
      } else if (values.isEmpty()) {
        text.append(" []\n");
      } else {
        text.append('\n');
        values.forEach(value -> text.append("- ").append(value).append('\n'));
      }
    });
    return text.append(FENCE + "\n").toString();
  }

  private static String quotedAsNeeded(String value) {
    boolean bare = PLAIN.matcher(value).matches() && !RESERVED.matcher(value).matches();
    // A JSON text is a YAML text too.
    return bare ? value : Json.writeCompact(value);
  }

  /** Goes through the lines between the fences. */
  private static final class Reading {
    private final Map<String, List<String>> entries = new LinkedHashMap<>();
    private final Set<String> lists = new LinkedHashSet<>();
    private final Set<String> leftOut = new LinkedHashSet<>();

    FrontMatter read(List<String> lines) {
      int at = 0;
      while (at < lines.size()) {
        int next = at + 1;
        while (next < lines.size() && !startsEntry(lines.get(next))) {
          next++;
        }
        entry(lines.get(at), lines.subList(at + 1, next));
        at = next;
      }
      return new FrontMatter(entries, lists, List.copyOf(leftOut));
    }

    private static boolean startsEntry(String line) {
      return KEY.matcher(line).matches();
    }

    private void entry(String first, List<String> following) {
      var key = KEY.matcher(first);
      if (!key.matches()) {
        return; // before the first key
      }
      String name = key.group(1);
      String rest = withoutComment(key.group(2) == null ? "" : key.group(2));
      List<String> body =
          following.stream().map(Reading::withoutComment).filter(line -> !line.isBlank()).toList();
      Optional<List<String>> list =
          rest.isEmpty() ? blockList(body) : body.isEmpty() ? flowList(rest) : Optional.empty();
      Optional<String> text =
          body.isEmpty() && !rest.isEmpty() ? value(rest, false) : Optional.empty();
      boolean known = entries.containsKey(name) || entries.size() == MOST_KEYS;
      if (MEASURED.contains(name) || known || (list.isEmpty() && text.isEmpty())) {
        leftOut.add(name);
      } else if (list.isPresent()) {
        entries.put(name, list.get());
        lists.add(name);
      } else {
        entries.put(name, List.of(text.orElseThrow()));
      }
    }

    private static Optional<List<String>> blockList(List<String> body) {
      List<String> values = new ArrayList<>();
      for (String line : body) {
        String item = line.strip();
        Optional<String> value =
            item.startsWith("- ") ? value(item.substring(2).strip(), false) : Optional.empty();
        if (value.isEmpty() || values.size() == MOST_VALUES) {
          return Optional.empty();
        }
        values.add(value.get());
      }
      return values.isEmpty() ? Optional.empty() : Optional.of(values);
    }

    private static Optional<List<String>> flowList(String text) {
      if (!text.startsWith("[") || !text.endsWith("]")) {
        return Optional.empty();
      }
      String inner = text.substring(1, text.length() - 1).strip();
      if (inner.isEmpty()) {
        return Optional.of(List.of());
      }
      List<String> values = new ArrayList<>();
      for (String item : inner.split(",", MOST_VALUES + 1)) {
        Optional<String> value = value(item.strip(), true);
        if (value.isEmpty() || values.size() == MOST_VALUES) {
          return Optional.empty();
        }
        values.add(value.get());
      }
      return Optional.of(values);
    }

    /** A value as it will be written. */
    private static Optional<String> value(String text, boolean inFlow) {
      if (LITERAL.matcher(text).matches()) {
        return Optional.of(text);
      }
      Optional<String> value =
          switch (text.isEmpty() ? ' ' : text.charAt(0)) {
            case '"' -> doubleQuoted(text);
            case '\'' -> singleQuoted(text);
            default -> plain(text, inFlow);
          };
      return value
          .filter(v -> v.length() <= LONGEST_VALUE && isPrintable(v))
          .map(FrontMatter::quotedAsNeeded);
    }

    private static Optional<String> doubleQuoted(String text) {
      try {
        return Optional.of(Json.readStrict("front matter", text, String.class));
      } catch (BadInputException e) {
        return Optional.empty();
      }
    }

    private static Optional<String> singleQuoted(String text) {
      if (text.length() < 2 || !text.endsWith("'")) {
        return Optional.empty();
      }
      String inner = text.substring(1, text.length() - 1);
      String bare = inner.replace("''", "");
      return bare.contains("'") ? Optional.empty() : Optional.of(inner.replace("''", "'"));
    }

    private static Optional<String> plain(String text, boolean inFlow) {
      boolean indicator =
          "-?:,[]{}#&*!|>'\"%@`".indexOf(text.isEmpty() ? '-' : text.charAt(0)) >= 0;
      boolean mapping = text.contains(": ") || text.endsWith(":");
      boolean flow = inFlow && text.chars().anyMatch(c -> "[]{},:".indexOf(c) >= 0);
      return indicator || mapping || flow ? Optional.empty() : Optional.of(text);
    }

    private static boolean isPrintable(String text) {
      return text.codePoints()
          .noneMatch(c ->
              Character.isISOControl(c)
                  || Character.getType(c) == Character.SURROGATE
                  || Character.getType(c) == Character.UNASSIGNED
                  || c == 0xFEFF
                  || c == 0x2028
                  || c == 0x2029);
    }

    /** Only where no quotes are about: a text with both is not understood anyway. */
    private static String withoutComment(String line) {
      if (line.stripLeading().startsWith("#")) {
        return "";
      }
      boolean quoted = line.indexOf('"') >= 0 || line.indexOf('\'') >= 0;
      int comment = quoted ? -1 : line.indexOf(" #");
      return (comment < 0 ? line : line.substring(0, comment)).strip();
    }
  }
}
