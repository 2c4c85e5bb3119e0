package io.moetool.formats.family;

import java.util.List;
import java.util.stream.IntStream;

/**
 * Which layers a section of a family's data file means: those from {@code first} to {@code last}
 * (-1 is the model's last) and before {@code before}, whose number, counted from one, leaves {@code
 * remainder} when divided by {@code every}, without those in {@code except}. Where there is an
 * {@code offset}, it is their number counted from zero that leaves it. Where the config lists the
 * type of every layer, {@code types} is that list, and those of type {@code type} are meant
 * instead; where it lists the layers themselves, {@code listed} is that list. Where it counts them,
 * {@code counted} is how many there are: they are evenly spread, {@code every} so many, or as many
 * as their number makes.
 */
final class LayerRule {
  private LayerRule() {}

  static List<Integer> read(FamilyValues values, String section, int layers) {
    List<String> types = values.texts(section, "types");
    if (!types.isEmpty()) {
      String type = values.text(section, "type");
      return IntStream.range(0, Math.min(layers, types.size()))
          .filter(layer -> types.get(layer).equals(type))
          .boxed()
          .toList();
    }
    if (values.isGiven(section, "listed")) {
      return values.indices(section, "listed").stream().filter(layer -> layer < layers).toList();
    }
    if (values.isGiven(section, "counted")) {
      return evenly(
          values.index(section, "every", step(layers, values.index(section, "counted", 0))),
          layers);
    }
    int first = values.index(section, "first", 0);
    int before = values.index(section, "before", layers);
    int last = Math.min(values.lastIndex(section, "last", layers), before - 1);
    int every = values.count(section, "every", 1);
    int countedFrom = values.isGiven(section, "offset") ? 0 : 1;
    int remainder = values.index(section, countedFrom == 0 ? "offset" : "remainder", 0);
    List<Integer> except = values.indices(section, "except");
    return IntStream.rangeClosed(first, last)
        .filter(layer -> (layer + countedFrom) % every == remainder && !except.contains(layer))
        .boxed()
        .toList();
  }

  private static int step(int layers, int counted) {
    return counted == 0 ? layers : layers / counted;
  }

  /** The second layer and every so many after it; all where that is every layer. */
  private static List<Integer> evenly(int every, int layers) {
    return IntStream.range(0, layers)
        .filter(layer -> every == 1 || (every > 1 && layer % every == 1))
        .boxed()
        .toList();
  }
}
