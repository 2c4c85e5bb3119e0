package io.moetool.transforms.merge;

import io.moetool.formats.BadInputException;
import io.moetool.formats.OutputTensor;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorContent;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.TensorPlace;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.quantisation.StoredWeight;
import io.moetool.kernels.ElementEncoder;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.layout.ExpertPlaces;
import io.moetool.transforms.layout.NeuronOrder;
import io.moetool.transforms.layout.PlannedTensor;
import io.moetool.transforms.layout.PlannedTensor.Kind;
import io.moetool.transforms.layout.PlannedTensors;
import io.moetool.transforms.layout.PrunedTensors;
import io.moetool.transforms.layout.TensorMove;
import io.moetool.transforms.plan.LayerPlan;
import io.moetool.transforms.plan.MergeGroup;
import io.moetool.transforms.plan.Merging;
import io.moetool.transforms.plan.Merging.Alignment;
import io.moetool.transforms.plan.Merging.Router;
import io.moetool.transforms.plan.Plan;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * The tensors of a checkpoint that hold merged experts, or averaged rows of routers: which they
 * are, what each is made of, and its elements, computed when they are written. All others are
 * copied.
 */
public final class MergedTensors {
  private final SourceModel source;
  private final Architecture architecture;
  private final ExpertPlaces places;
  private final WorkPool pool;
  private final Router router;
  private final GroupAlignments alignments;

  /** The group of every expert that belongs to one, by layer. */
  private final Map<Integer, Map<Integer, MergeGroup>> groups = new TreeMap<>();

  /**
   * What a plan merges; nothing if it only removes.
   *
   * @throws BadInputException if experts are to be merged whose weights are not stored as F32, F16
   *     or BF16
   */
  public MergedTensors(SourceModel source, Plan plan, WorkPool pool) {
    this.source = source;
    this.architecture = source.architecture();
    this.places = plan.places();
    this.pool = pool;
    Optional<Merging> merging = plan.options().merging();
    this.router = merging.flatMap(Merging::knownRouter).orElse(Router.DROP);
    Map<Integer, LayerPlan> layers = new TreeMap<>();
    for (LayerPlan layer : plan.layers()) {
      layers.put(layer.layer(), layer);
      Map<Integer, MergeGroup> byExpert = new TreeMap<>();
      for (MergeGroup group : layer.groups()) {
        group.experts().forEach(expert -> byExpert.put(expert, group));
      }
      groups.put(layer.layer(), byExpert);
    }
    this.alignments =
        new GroupAlignments(
            source, merging.flatMap(Merging::knownAlignment).orElse(Alignment.NONE), layers, pool);
    if (layers.values().stream().anyMatch(layer -> !layer.groups().isEmpty())) {
      requirePlain();
    }
  }

  private void requirePlain() {
    for (String name : source.tensors().names()) {
      Optional<TensorPlace> place = architecture.names().place(name);
      if (place.isPresent() && place.get().role().group() == TensorRole.Group.ROUTED_EXPERTS) {
        TensorInfo stored = source.tensors().info(name);
        StoredWeight weight =
            architecture
                .names()
                .quantisation()
                .weightWith(source.tensors(), name)
                .orElseGet(() -> StoredWeight.plain(stored));
        TensorInfo elements = weight.elements();
        if (!weight.isPlain() || !ElementEncoder.supports(elements.dtype())) {
          throw new BadInputException(
              source.tensors().location(elements.name()) + ": tensor " + elements.name(),
              "experts of type %s cannot be merged: what is computed would have to be quantised again"
                  .formatted(elements.dtype()),
              "merge the checkpoint it was quantised from (F32, F16 or BF16) and quantise the result");
        }
      }
    }
  }

  /** All tensors of the result, copied and cut ones too. */
  public PlannedTensors all() {
    PrunedTensors pruned = new PrunedTensors(architecture, places);
    return PlannedTensors.of(
        source.tensors(),
        file -> pruned.of(file).stream().map(move -> planned(move, file)).toList());
  }

  private PlannedTensor planned(TensorMove move, TensorStore file) {
    return slices(move)
        .map(slices ->
            new PlannedTensor(
                new OutputTensor(move.target(), content(move, slices)),
                sources(move, slices),
                Kind.COMPUTED))
        .orElseGet(() -> PlannedTensor.of(move, file));
  }

  /** Names of all tensors that a computed tensor is made from, ascending by expert. */
  private List<String> sources(TensorMove move, Slices slices) {
    if (slices.place().expert().isEmpty()) {
      return List.of(move.source().name());
    }
    return slices.groups().getFirst().orElseThrow().experts().stream()
        .map(expert -> nameOf(slices.place(), expert))
        .toList();
  }

  /**
   * What a tensor that is indexed by expert, or belongs to one, is made of.
   *
   * @param experts expert whose number each slice has in the source
   * @param groups group that each slice is merged from; empty where it is copied
   */
  private record Slices(
      TensorPlace place, List<Integer> experts, List<Optional<MergeGroup>> groups) {}

  private Optional<Slices> slices(TensorMove move) {
    Optional<TensorPlace> found = architecture.names().place(move.source().name());
    if (found.isEmpty() || found.get().layer().isEmpty()) {
      return Optional.empty();
    }
    TensorPlace place = found.get();
    Map<Integer, MergeGroup> byExpert = groups.get(place.layer().getAsInt());
    if (byExpert == null || byExpert.isEmpty() || !isMerged(place)) {
      return Optional.empty();
    }
    List<Integer> experts =
        place.expert().isPresent()
            ? List.of(place.expert().getAsInt())
            : move.isWhole()
                ? IntStream.range(0, architecture.moe().experts()).boxed().toList()
                : move.experts();
    List<Optional<MergeGroup>> merged =
        experts.stream().map(expert -> Optional.ofNullable(byExpert.get(expert))).toList();
    return merged.stream().allMatch(Optional::isEmpty)
        ? Optional.empty()
        : Optional.of(new Slices(place, experts, merged));
  }

  private boolean isMerged(TensorPlace place) {
    return switch (place.role().group()) {
      case ROUTED_EXPERTS -> true;
      case ROUTER -> router == Router.AVERAGE;
      default -> false;
    };
  }

  private TensorContent content(TensorMove move, Slices slices) {
    if (slices.place().expert().isPresent()) {
      return sink -> {
        try (Arena arena = Arena.ofShared()) {
          sink.write(merged(arena, slices.place(), move.source(), slices.groups().getFirst()));
        }
      };
    }
    long bytes = move.target().byteSize() / slices.experts().size();
    Shape shape = sliceShape(move.target().shape(), slices.experts().size());
    TensorInfo slice = move.source().withShape(shape);
    return sink -> {
      for (int i = 0; i < slices.experts().size(); i++) {
        if (slices.groups().get(i).isEmpty()) {
          MemorySegment all = source.tensors().view(move.source().name()).bytes();
          sink.write(all.asSlice(slices.experts().get(i) * bytes, bytes));
        } else {
          try (Arena arena = Arena.ofShared()) {
            sink.write(merged(arena, slices.place(), slice, slices.groups().get(i)));
          }
        }
      }
    };
  }

  /** Without the outermost extent other than 1, which counts experts. */
  private static Shape sliceShape(Shape shape, int experts) {
    List<Long> inner = new ArrayList<>(shape.dims());
    while (inner.getFirst() == 1 && experts > 1) {
      inner.removeFirst();
    }
    inner.removeFirst();
    return new Shape(inner);
  }

  private MemorySegment merged(
      Arena arena, TensorPlace place, TensorInfo slice, Optional<MergeGroup> found) {
    MergeGroup group = found.orElseThrow();
    int layer = place.layer().getAsInt();
    NeuronOrder order = NeuronOrder.of(architecture.moe().expert(), place.role(), place.bias());
    List<int[]> neurons = alignments.of(layer, group);
    List<WeightedMean.Term> terms = new ArrayList<>();
    for (int i = 0; i < group.experts().size(); i++) {
      int[] ofMember = neurons.get(i);
      terms.add(
          new WeightedMean.Term(
              elements(place, slice, group.experts().get(i)),
              group.weights().get(i),
              index -> order.source(index, ofMember)));
    }
    return new WeightedMean(slice.dtype(), slice.shape(), order.side()).of(arena, terms, pool);
  }

  private MemorySegment elements(TensorPlace place, TensorInfo slice, int expert) {
    if (place.expert().isPresent()) {
      return source.tensors().view(nameOf(place, expert)).bytes();
    }
    long bytes = slice.byteSize();
    return source.tensors().view(slice.name()).bytes().asSlice(expert * bytes, bytes);
  }

  private String nameOf(TensorPlace place, int expert) {
    return architecture.names().weight(place.role(), place.layer().getAsInt(), expert);
  }
}
