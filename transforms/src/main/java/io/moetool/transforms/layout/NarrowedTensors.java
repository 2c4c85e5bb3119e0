package io.moetool.transforms.layout;

import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.PredictionTail;
import io.moetool.formats.family.StackLayout;
import io.moetool.formats.family.TensorPlace;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** What becomes of the tensors of a checkpoint when its routed experts lose neurons. */
public final class NarrowedTensors {
  private final Architecture architecture;
  private final Map<Integer, int[][]> kept;

  /**
   * The tensors of a checkpoint with narrower experts.
   *
   * @param architecture of the source
   * @param kept neurons that stay by layer and expert, ascending, the same number everywhere
   */
  public NarrowedTensors(Architecture architecture, Map<Integer, int[][]> kept) {
    this.architecture = architecture;
    this.kept = Map.copyOf(kept);
  }

  /**
   * All tensors, in the order the source stores them, without layers that predict further tokens: a
   * config has one width of experts, and theirs is another.
   */
  public List<NeuronCut> of(TensorStore source) {
    PredictionTail tail = architecture.predictionTail();
    return source.names().stream()
        .filter(name -> !tail.holds(name))
        .map(source::info)
        .map(this::cut)
        .toList();
  }

  private NeuronCut cut(TensorInfo tensor) {
    Optional<TensorPlace> place = architecture.names().place(tensor.name());
    if (place.isEmpty() || place.get().layer().isEmpty()) {
      return NeuronCut.whole(tensor);
    }
    int[][] stay = kept.get(place.get().layer().getAsInt());
    return stay == null ? NeuronCut.whole(tensor) : cut(tensor, place.get(), stay);
  }

  private NeuronCut cut(TensorInfo tensor, TensorPlace place, int[][] stay) {
    StackLayout stack = architecture.moe().expert().stack();
    return switch (place.role()) {
      case EXPERT_GATE, EXPERT_UP -> NeuronCut.along(tensor, 0, stay[place.expert().orElseThrow()]);
      case EXPERT_DOWN ->
          place.bias()
              ? NeuronCut.whole(tensor)
              : NeuronCut.along(tensor, 1, stay[place.expert().orElseThrow()]);
      case EXPERTS_GATE_UP -> {
        int[][] places = new int[stay.length][];
        for (int expert = 0; expert < stay.length; expert++) {
          places[expert] = gateAndUp(stay[expert], stack.interleaved());
        }
        yield NeuronCut.along(tensor, stack.transposed() && !place.bias() ? 2 : 1, places);
      }
      case EXPERTS_DOWN ->
          place.bias()
              ? NeuronCut.whole(tensor)
              : NeuronCut.along(tensor, stack.transposed() ? 1 : 2, stay);
      default -> NeuronCut.whole(tensor);
    };
  }

  private int[] gateAndUp(int[] neurons, boolean interleaved) {
    int width = architecture.moe().expertWidth();
    return interleaved
        ? IntStream.of(neurons).flatMap(n -> IntStream.of(2 * n, 2 * n + 1)).toArray()
        : IntStream.concat(IntStream.of(neurons), IntStream.of(neurons).map(n -> width + n))
            .toArray();
  }
}
