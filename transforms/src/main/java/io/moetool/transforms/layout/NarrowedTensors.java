package io.moetool.transforms.layout;

import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.PredictionTail;
import io.moetool.formats.family.TensorPlace;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

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
    NeuronOrder order = NeuronOrder.of(architecture.moe().expert(), place.role(), place.bias());
    int rows = place.expert().isPresent() ? 0 : 1;
    int[][] chosen =
        (place.expert().isPresent() ? Stream.of(stay[place.expert().getAsInt()]) : Stream.of(stay))
            .map(order::indices)
            .toArray(int[][]::new);
    return switch (order.side()) {
      case ROWS -> NeuronCut.along(tensor, rows, chosen);
      case COLUMNS -> NeuronCut.along(tensor, rows + 1, chosen);
      case NONE -> NeuronCut.whole(tensor);
    };
  }
}
