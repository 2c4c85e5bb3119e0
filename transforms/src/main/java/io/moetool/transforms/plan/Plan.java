package io.moetool.transforms.plan;

import io.moetool.analyzers.inspect.Loading;
import io.moetool.transforms.layout.ExpertPlaces;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * What is to happen to a checkpoint, and why. Components are the keys of {@code plan.json}.
 *
 * @param formatVersion version of this document's form
 * @param toolVersion version of the tool that made it
 * @param source the checkpoint it was made for
 * @param action what is to be done; {@value #PRUNE} or {@value #MERGE}
 * @param method how experts were scored, or grouped
 * @param options what was asked for
 * @param statistics what the scores were computed from; empty where weights alone were enough
 * @param expertsBefore routed experts per layer in the source
 * @param expertsAfter different routed experts per layer that the result stores: the same in every
 *     layer of a checkpoint, and the largest number of a layer where the result can only be an ONNX
 *     model
 * @param expertsPerToken experts a token uses; unchanged
 * @param layers decisions for all layers with experts, ascending
 * @param warnings what a reviewer ought to know, in words
 * @param repair what makes up for what goes; empty if nothing does
 * @param forecast what the result will weigh
 * @param loading where a checkpoint of the result's shape loads
 */
public record Plan(
    int formatVersion,
    String toolVersion,
    Source source,
    String action,
    String method,
    Options options,
    Optional<Statistics> statistics,
    int expertsBefore,
    int expertsAfter,
    int expertsPerToken,
    List<LayerPlan> layers,
    List<String> warnings,
    Optional<Repair> repair,
    Forecast forecast,
    List<Loading> loading) {
  /** The only version there is. */
  public static final int FORMAT_VERSION = 1;

  /** Removes the dropped experts and renumbers the kept ones in ascending order. */
  public static final String PRUNE = "prune";

  /** Makes each group of experts one, removes what is dropped and in no group, and renumbers. */
  public static final String MERGE = "merge";

  public Plan {
    layers = List.copyOf(layers);
    warnings = List.copyOf(warnings);
    loading = List.copyOf(loading);
  }

  /**
   * The checkpoint a plan was made for.
   *
   * @param fingerprint of its weights and config
   * @param modelType of its config
   * @param routers hash of its routers' values, by which another form of the same model is known;
   *     empty if they are packed
   * @param sibling fingerprint of the form of the model that the plan was made for first; empty if
   *     it is this one
   */
  public record Source(
      String fingerprint, String modelType, Optional<String> routers, Optional<String> sibling) {}

  /**
   * What was asked for.
   *
   * @param target how many experts are to stay, in the words of {@link Target}
   * @param budget how they are divided among layers, in the words of {@link Budget}
   * @param seed of methods that draw lots
   * @param domains weights of the domains of the data, in words; empty if all data counts alike
   * @param protection by which rules experts were protected, in words; empty if by none
   * @param merging how groups become one; empty if experts are only removed
   */
  public record Options(
      String target,
      String budget,
      OptionalLong seed,
      Optional<String> domains,
      List<String> protection,
      Optional<Merging> merging) {
    public Options {
      protection = List.copyOf(protection);
    }
  }

  /**
   * What scores were computed from.
   *
   * @param dataFingerprint fingerprint of the calibration data
   * @param tokens tokens the model saw
   */
  public record Statistics(String dataFingerprint, long tokens) {}

  /**
   * What the result will weigh.
   *
   * @param bytesBefore bytes of all tensors in the source
   * @param bytesAfter bytes of all tensors in the result
   */
  public record Forecast(long bytesBefore, long bytesAfter) {}

  /** The kept experts by layer, both ascending. */
  public Map<Integer, List<Integer>> kept() {
    Map<Integer, List<Integer>> kept = new TreeMap<>();
    layers.forEach(layer -> kept.put(layer.layer(), layer.kept()));
    return kept;
  }

  /** Experts per layer in the result, merged ones counted as often as they are stored. */
  public int expertsStored() {
    return options.merging().map(m -> m.stores(expertsAfter, expertsBefore)).orElse(expertsAfter);
  }

  /** Whether routers keep the rows of all experts, and a map says which merged one each means. */
  public boolean mapsRows() {
    return options.merging().filter(Merging::needsOnnx).isPresent();
  }

  /** Whether no checkpoint can hold the result, but an ONNX model can. */
  public boolean needsOnnx() {
    return mapsRows() || layers.stream().anyMatch(layer -> layer.stored().size() != expertsAfter);
  }

  /**
   * What becomes of the experts of each layer where layers may hold different numbers of them:
   * those that are never chosen go, too.
   */
  public ExpertPlaces livePlaces() {
    Map<Integer, List<Integer>> stored = places().stored();
    Map<Integer, List<Integer>> live = new TreeMap<>();
    layers.forEach(layer -> {
      List<Integer> all = new ArrayList<>(stored.get(layer.layer()));
      all.removeAll(layer.masked());
      live.put(layer.layer(), all);
    });
    return withStored(live, List.of());
  }

  /** As if all experts stayed, dropped ones unchanged and merged ones once for each member. */
  public ExpertPlaces everyPlace() {
    Map<Integer, List<Integer>> stored = new TreeMap<>();
    List<Integer> all = IntStream.range(0, expertsBefore).boxed().toList();
    layers.forEach(layer -> stored.put(layer.layer(), all));
    return withStored(stored, Collections.nCopies(expertsBefore, 0.0));
  }

  /**
   * Other places with the same repair.
   *
   * @param nothing added to the rows of experts that have no place in this plan
   */
  private ExpertPlaces withStored(Map<Integer, List<Integer>> stored, List<Double> nothing) {
    ExpertPlaces places = places();
    Map<Integer, List<List<Double>>> rows = new TreeMap<>();
    places
        .rows()
        .forEach((layer, added) -> {
          List<Integer> had = Objects.requireNonNull(places.stored().get(layer));
          if (!added.isEmpty()) {
            rows.put(
                layer,
                Objects.requireNonNull(stored.get(layer)).stream()
                    .map(had::indexOf)
                    .map(place -> place < 0 ? nothing : added.get(place))
                    .toList());
          }
        });
    return new ExpertPlaces(stored, Map.of(), places.scales(), rows, mapsRows());
  }

  /** What becomes of the experts of each layer of a checkpoint. */
  public ExpertPlaces places() {
    Map<Integer, List<Integer>> stored = new TreeMap<>();
    Map<Integer, List<Integer>> masked = new TreeMap<>();
    for (LayerPlan layer : layers) {
      stored.put(
          layer.layer(),
          expertsStored() > expertsAfter
              ? IntStream.range(0, expertsBefore).boxed().toList()
              : layer.stored());
      masked.put(layer.layer(), layer.masked());
    }
    Map<Integer, Double> scales = new TreeMap<>();
    Map<Integer, List<List<Double>>> rows = new TreeMap<>();
    for (Repair.Layer layer : repair.map(Repair::layers).orElse(List.of())) {
      scales.put(layer.layer(), layer.scale());
      rows.put(layer.layer(), layer.rows());
    }
    return new ExpertPlaces(stored, masked, scales, rows, mapsRows());
  }

  /** The same plan for another form of the checkpoint. */
  public Plan forSource(Source other, Forecast itsForecast) {
    return new Plan(
        formatVersion,
        toolVersion,
        other,
        action,
        method,
        options,
        statistics,
        expertsBefore,
        expertsAfter,
        expertsPerToken,
        layers,
        warnings,
        repair,
        itsForecast,
        loading);
  }

  /** The same plan with a repair of what stays. */
  public Plan repairedBy(Repair fitted) {
    return withRepair(Optional.of(fitted));
  }

  /** The same plan without a repair. */
  public Plan unrepaired() {
    return withRepair(Optional.empty());
  }

  private Plan withRepair(Optional<Repair> other) {
    return new Plan(
        formatVersion,
        toolVersion,
        source,
        action,
        method,
        options,
        statistics,
        expertsBefore,
        expertsAfter,
        expertsPerToken,
        layers,
        warnings,
        other,
        forecast,
        loading);
  }
}
