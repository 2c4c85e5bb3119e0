package io.moetool.transforms.merge;

import io.moetool.formats.BadInputException;
import io.moetool.formats.OutputTensor;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorContent;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.TensorPlace;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.layout.ExpertPlaces;
import io.moetool.transforms.layout.PlannedTensor;
import io.moetool.transforms.layout.PlannedTensor.Kind;
import io.moetool.transforms.layout.PlannedTensors;
import io.moetool.transforms.layout.PrunedTensors;
import io.moetool.transforms.layout.ScaledElements;
import io.moetool.transforms.layout.TensorMove;
import io.moetool.transforms.plan.LayerPlan;
import io.moetool.transforms.plan.MergeGroup;
import io.moetool.transforms.plan.Merging;
import io.moetool.transforms.plan.Merging.Router;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.Repair;
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
  private final Router router;
  private final GroupMeans means;
  private final boolean fits;
  private final Optional<FittedProjections> fitted;

  /** The group of every expert that belongs to one, by layer. */
  private final Map<Integer, Map<Integer, MergeGroup>> groups = new TreeMap<>();

  /**
   * What a plan merges; nothing if it only removes.
   *
   * @param fitted the last projections, if the plan says that they are fitted; without them, bytes
   *     of tensors that hold them cannot be asked for
   * @throws BadInputException if experts are to be merged whose weights are not stored as F32, F16
   *     or BF16
   */
  public MergedTensors(
      SourceModel source, Plan plan, WorkPool pool, Optional<FittedProjections> fitted) {
    this(source, plan, plan.places(), pool, fitted);
  }

  /**
   * As {@link #MergedTensors(SourceModel, Plan, WorkPool, Optional)}, with experts in other places.
   *
   * @param places experts that are stored; of a group that is merged its leader, at least
   */
  public MergedTensors(
      SourceModel source,
      Plan plan,
      ExpertPlaces places,
      WorkPool pool,
      Optional<FittedProjections> fitted) {
    this.source = source;
    this.architecture = source.architecture();
    this.places = places;
    this.router = plan.options().merging().flatMap(Merging::knownRouter).orElse(Router.DROP);
    this.means =
        fitted
            .map(FittedProjections::means)
            .orElseGet(() -> new GroupMeans(source, GroupAlignments.of(source, plan, pool), pool));
    this.fits = plan.repair().filter(Repair::fitsProjections).isPresent();
    this.fitted = fitted;
    for (LayerPlan layer : plan.layers()) {
      Map<Integer, MergeGroup> byExpert = new TreeMap<>();
      for (MergeGroup group : layer.groups()) {
        group.experts().forEach(expert -> byExpert.put(expert, group));
      }
      groups.put(layer.layer(), byExpert);
    }
    if (groups.values().stream().anyMatch(layer -> !layer.isEmpty())) {
      GroupMeans.requireStorable(source);
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
                isFitted(slices.place()) ? Kind.FITTED : Kind.COMPUTED))
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
    return isFitted(place)
        ? fitted
            .orElseThrow(() -> new IllegalStateException("fitted projections are not at hand"))
            .of(place.layer().orElseThrow(), group.leader())
        : means.of(arena, place, slice, group);
  }

  private boolean isFitted(TensorPlace place) {
    return fits && ScaledElements.isOutput(place.role()) && !place.bias();
  }

  private String nameOf(TensorPlace place, int expert) {
    return architecture.names().weight(place.role(), place.layer().getAsInt(), expert);
  }
}
