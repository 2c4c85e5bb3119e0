package io.moetool.transforms.validate;

import io.moetool.formats.BadInputException;
import io.moetool.runtime.run.MoeObservation;
import io.moetool.runtime.run.MoeTap;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Compares a run with one that is remembered, layer by layer. */
final class LayerComparer implements MoeTap<LayerComparer.Sums> {
  private final LayerStates base;
  private final ExpertSlots slots;
  private final Map<Integer, Sums> byLayer = new TreeMap<>();

  LayerComparer(LayerStates base, ExpertSlots slots) {
    this.base = base;
    this.slots = slots;
  }

  /**
   * Sums over tokens.
   *
   * @param tokens their number
   * @param squaredError squared length of the difference
   * @param squaredLength squared length of the base's hidden states
   * @param cosine cosines of both
   * @param agreement shares of the base's experts that are chosen here, too
   */
  record Sums(
      long tokens, double squaredError, double squaredLength, double cosine, double agreement) {
    Sums plus(Sums other) {
      return new Sums(
          tokens + other.tokens,
          squaredError + other.squaredError,
          squaredLength + other.squaredLength,
          cosine + other.cosine,
          agreement + other.agreement);
    }
  }

  @Override
  public Sums observe(MoeObservation observation) {
    LayerStates.Seen here = new LayerStates.Seen(observation);
    LayerStates.Seen there =
        base.of(observation.layer(), observation.sequenceIndex())
            .filter(seen -> seen.states().length == here.states().length)
            .orElseThrow(() ->
                new BadInputException(
                    "the candidate, layer " + observation.layer(),
                    "the base has no such layer with experts, or hidden states of another width",
                    "compare a model with what was made from it"));
    int tokens = observation.sequence().length();
    int hidden = here.states().length / tokens;
    Sums sums = new Sums(0, 0, 0, 0, 0);
    for (int token = 0; token < tokens; token++) {
      sums = sums.plus(token(observation.layer(), token, tokens, hidden, here, there));
    }
    return sums;
  }

  private Sums token(
      int layer, int token, int tokens, int hidden, LayerStates.Seen here, LayerStates.Seen there) {
    double error = 0;
    double length = 0;
    double lengthHere = 0;
    double product = 0;
    for (int i = token * hidden; i < (token + 1) * hidden; i++) {
      double ours = here.states()[i];
      double theirs = there.states()[i];
      error += (ours - theirs) * (ours - theirs);
      length += theirs * theirs;
      lengthHere += ours * ours;
      product += ours * theirs;
    }
    int chosen = there.selected().length / tokens;
    int chosenHere = here.selected().length / tokens;
    int[] found = Arrays.copyOfRange(here.selected(), token * chosenHere, (token + 1) * chosenHere);
    int agreed = 0;
    for (int i = token * chosen; i < (token + 1) * chosen; i++) {
      int slot = slots.slot(layer, there.selected()[i]);
      agreed += Arrays.stream(found).anyMatch(expert -> expert == slot) ? 1 : 0;
    }
    double lengths = Math.sqrt(length * lengthHere);
    return new Sums(
        1, error, length, lengths > 0 ? product / lengths : 1, (double) agreed / chosen);
  }

  @Override
  public void add(int layer, int sequence, Sums sums) {
    byLayer.merge(layer, sums, Sums::plus);
  }

  /** The differences, ascending by layer. */
  List<LayerDifference> differences() {
    return byLayer.entrySet().stream()
        .map(entry -> {
          Sums sums = entry.getValue();
          return new LayerDifference(
              entry.getKey(),
              Math.sqrt(sums.squaredError() / sums.squaredLength()),
              sums.cosine() / sums.tokens(),
              sums.agreement() / sums.tokens());
        })
        .toList();
  }
}
