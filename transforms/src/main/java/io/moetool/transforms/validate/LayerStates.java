package io.moetool.transforms.validate;

import io.moetool.runtime.run.MoeObservation;
import io.moetool.runtime.run.MoeTap;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Remembers hidden states and chosen experts of a run, to compare another run with. */
final class LayerStates implements MoeTap<LayerStates.Seen> {
  private final Map<Integer, Map<Integer, Seen>> byLayer = new ConcurrentHashMap<>();

  /** What one sequence was after one layer. */
  static final class Seen {
    private final float[] states;
    private final int[] selected;

    Seen(MoeObservation observation) {
      states = observation.output().segment().toArray(ValueLayout.JAVA_FLOAT);
      selected = new int[observation.selected().rows() * observation.selected().columns()];
      for (int i = 0; i < selected.length; i++) {
        selected[i] =
            observation
                .selected()
                .get(i / observation.selected().columns(), i % observation.selected().columns());
      }
    }

    /** Hidden states, token after token. */
    float[] states() {
      return states;
    }

    /** Chosen experts, token after token, best first. */
    int[] selected() {
      return selected;
    }
  }

  @Override
  public Seen observe(MoeObservation observation) {
    return new Seen(observation);
  }

  @Override
  public void add(int layer, int sequence, Seen seen) {
    byLayer.computeIfAbsent(layer, _ -> new ConcurrentHashMap<>()).put(sequence, seen);
  }

  Optional<Seen> of(int layer, int sequence) {
    return Optional.ofNullable(byLayer.getOrDefault(layer, Map.of()).get(sequence));
  }
}
