package io.moetool.formats.family;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A tensor name with places for {@code {layer}} and {@code {expert}}, usable in both directions:
 * {@code model.layers.{layer}.mlp.experts.{expert}.gate_proj.weight}.
 */
public final class NamePattern {
  /** Longer digit runs are no index any model has; the bound also keeps parsing exact. */
  private static final String INDEX = "0|[1-9][0-9]{0,8}";

  private static final Pattern NUMBER = Pattern.compile("(" + INDEX + ")\\.");

  private final String text;

  /** Text before the first place and after the last: tells most other names apart at once. */
  private final String before;

  private final String after;
  private final Pattern matcher;

  /** A pattern from a family's data file. */
  public NamePattern(String text) {
    this.text = text;
    this.before = text.substring(0, Math.max(0, text.indexOf('{')));
    this.after = text.substring(text.lastIndexOf('}') + 1);
    String regex =
        Pattern.quote(text)
            .replace("{layer}", "\\E(?<layer>" + INDEX + ")\\Q")
            .replace("{expert}", "\\E(?<expert>" + INDEX + ")\\Q");
    this.matcher = Pattern.compile(regex);
  }

  /** What a matching name said. */
  public record Match(OptionalInt layer, OptionalInt expert) {}

  /** The name for a layer and an expert; places the pattern does not have are ignored. */
  public String name(int layer, int expert) {
    return text.replace("{layer}", Integer.toString(layer))
        .replace("{expert}", Integer.toString(expert));
  }

  /** Layer and expert a name carries, if it fits. */
  public Optional<Match> match(String name) {
    if (!name.startsWith(before) || !name.endsWith(after)) {
      return Optional.empty();
    }
    Matcher m = matcher.matcher(name);
    if (!m.matches()) {
      return Optional.empty();
    }
    return Optional.of(new Match(index(m, "layer"), index(m, "expert")));
  }

  /** The layer of a name that begins as this one does, up to the layer and the dot after it. */
  OptionalInt layerOf(String name) {
    String start = text.substring(0, Math.max(0, text.indexOf("{layer}")));
    Matcher m = NUMBER.matcher(name);
    return name.startsWith(start) && m.find(start.length()) && m.start() == start.length()
        ? OptionalInt.of(Integer.parseInt(m.group(1)))
        : OptionalInt.empty();
  }

  private OptionalInt index(Matcher m, String place) {
    return text.contains("{" + place + "}")
        ? OptionalInt.of(Integer.parseInt(m.group(place)))
        : OptionalInt.empty();
  }

  @Override
  public String toString() {
    return text;
  }
}
