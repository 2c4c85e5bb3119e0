package io.moetool.transforms.layout;

import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.MoeNames;
import io.moetool.formats.family.PredictionTail;
import io.moetool.formats.family.TensorPlace;
import io.moetool.formats.family.TensorRole;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Which tensors of a checkpoint stay when experts go, under which names, and which part of the
 * routers.
 */
public final class PrunedTensors {
  private final Architecture architecture;
  private final MoeNames moeNames;
  private final ExpertPlaces places;
  private final PredictionTail tail;

  /**
   * The tensors of a checkpoint that keeps some experts.
   *
   * @param architecture of the source
   * @param places experts that stay
   */
  public PrunedTensors(Architecture architecture, ExpertPlaces places) {
    this.architecture = architecture;
    this.moeNames = new MoeNames(architecture.names());
    this.places = places;
    this.tail = architecture.predictionTail();
  }

  /** The tensors that stay, in the order the source stores them. */
  public List<TensorMove> of(TensorStore source) {
    return source.names().stream().map(source::info).flatMap(info -> move(info).stream()).toList();
  }

  /**
   * What a module is called then; empty if it goes with its expert.
   *
   * @param module name of a module or tensor, or any other text, which stays as it is
   */
  public Optional<String> module(String module) {
    for (Map.Entry<Integer, List<Integer>> layer : places.stored().entrySet()) {
      OptionalInt expert = moeNames.expertOf(module, layer.getKey());
      if (expert.isPresent()) {
        int position = Collections.binarySearch(layer.getValue(), expert.getAsInt());
        return position < 0
            ? Optional.empty()
            : Optional.of(moeNames.renumbered(module, layer.getKey(), expert.getAsInt(), position));
      }
    }
    return Optional.of(module);
  }

  /**
   * What becomes of a tensor; empty if it goes. Layers that predict further tokens go with the
   * first expert: a config has one number of experts, and theirs would not be as many.
   */
  public Optional<TensorMove> move(TensorInfo tensor) {
    Optional<TensorPlace> place = architecture.names().place(tensor.name());
    Optional<TensorMove> move = move(tensor, place);
    if (place.isPresent() && ScaledElements.isOutput(place.get().role())) {
      return move.map(m -> m.scaledBy(places.scale(place.get().layer().orElseThrow())));
    }
    return place.isPresent() && MixedRows.isIn(place.get().role())
        ? move.map(m -> m.withRows(places.rows(place.get().layer().orElseThrow())))
        : move;
  }

  private Optional<TensorMove> move(TensorInfo tensor, Optional<TensorPlace> place) {
    if (places.areFewerThan(architecture.moe().experts()) && tail.holds(tensor.name())) {
      return Optional.empty();
    }
    if (place.isEmpty() || place.get().layer().isEmpty()) {
      return Optional.of(TensorMove.whole(tensor, tensor.name()));
    }
    int layer = place.get().layer().getAsInt();
    List<Integer> stay = places.stored().get(layer);
    if (stay == null) {
      return Optional.of(TensorMove.whole(tensor, tensor.name()));
    }
    if (place.get().expert().isPresent()) {
      int expert = place.get().expert().getAsInt();
      int position = Collections.binarySearch(stay, expert);
      return position < 0
          ? Optional.empty()
          : Optional.of(
              TensorMove.whole(
                  tensor, moeNames.renumbered(tensor.name(), layer, expert, position)));
    }
    boolean shared = places.routersWhole() && place.get().role().group() == TensorRole.Group.ROUTER;
    return Optional.of(
        place.get().role().isIndexedByExpert() && !shared
            ? TensorMove.parts(
                tensor,
                stay,
                DeadSlots.isIn(architecture, place.get()) ? places.masked(layer) : List.of())
            : TensorMove.whole(tensor, tensor.name()));
  }
}
