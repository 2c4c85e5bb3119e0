package io.moetool.formats.family;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import io.moetool.formats.quantisation.StoredWeight;
import io.moetool.formats.quantisation.Unquantised;
import io.moetool.formats.safetensors.Quoted;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Holds the tensors of a checkpoint against its config, from names and shapes alone.
 *
 * <p>Errors: a tensor is missing or has another shape, an expert or router is stored that the
 * config does not count, or something unknown lies in a mixture-of-experts block, or, where the
 * family is only assumed, in any layer. Warnings: a tensor that readers of the family ignore,
 * experts of more than one element type.
 */
public final class CheckpointStructure {
  private final Architecture architecture;
  private final TensorStore tensors;
  private final ExpectedTensors expected;
  private final MoeNames moeNames;
  private final SequencedMap<Integer, String> blockPrefixes = new LinkedHashMap<>();
  private final List<Finding> findings = new ArrayList<>();
  private final Set<String> accounted = new HashSet<>();
  private final Map<DType, Integer> expertTypes = new EnumMap<>(DType.class);

  private CheckpointStructure(Architecture architecture, TensorStore tensors) {
    this.architecture = architecture;
    this.tensors = tensors;
    this.expected = new ExpectedTensors(architecture);
    this.moeNames = new MoeNames(architecture.names());
    architecture.moe().layers().forEach(l -> blockPrefixes.put(l, moeNames.blockPrefix(l)));
  }

  /** All findings, those about expected tensors first; empty if tensors and config agree. */
  public static List<Finding> check(Architecture architecture, TensorStore tensors) {
    CheckpointStructure structure = new CheckpointStructure(architecture, tensors);
    structure.assumption();
    structure.expectedTensors();
    structure.otherTensors();
    structure.elementTypes();
    return List.copyOf(structure.findings);
  }

  private void assumption() {
    if (architecture.assumed()) {
      findings.add(
          Finding.warning(
              "config.json",
              "model type '%s' is not known and taken for %s, as --family says"
                  .formatted(architecture.modelType(), architecture.family())));
    }
  }

  private void expectedTensors() {
    for (RoleShape tensor : expected.outside()) {
      require(tensor, 0);
    }
    for (int layer = 0; layer < architecture.layers(); layer++) {
      for (RoleShape tensor : expected.inLayer(layer)) {
        require(tensor, layer);
      }
      if (architecture.isMoe(layer)) {
        for (RoleShape tensor : expected.perExpert()) {
          requireExperts(layer, tensor);
        }
      }
    }
  }

  private void require(RoleShape tensor, int layer) {
    requireWeight(tensor, architecture.names().weight(tensor.role(), layer));
    tensor
        .bias()
        .ifPresent(shape -> requirePlain(architecture.names().bias(tensor.role(), layer), shape));
  }

  private void requireWeight(RoleShape tensor, String name) {
    Optional<StoredWeight> stored;
    try {
      stored = find(name);
    } catch (BadInputException e) {
      contradiction(name, e);
      return;
    }
    if (stored.isEmpty()) {
      findings.add(missing(name, tensor.weight()));
      return;
    }
    Shape found = stored.get().shape();
    compare(stored.get(), tensor.isShape(found) ? found : tensor.weight());
    if (tensor.role().isIndexedByExpert()) {
      requireSliceable(stored.get(), tensor.role());
    }
  }

  /** Routers are cut by rows, stacks by experts, and so is whatever belongs to them. */
  private void requireSliceable(StoredWeight stored, TensorRole role) {
    if (!stored.isPlain() && !role.isOfAllExperts()) {
      findings.add(
          Finding.error(
              where(stored.elements().name()),
              "is %s, but routers are only supported in plain element types"
                  .formatted(stored.elements().dtype())));
    }
    for (TensorInfo tensor : stored.tensors().subList(1, stored.tensors().size())) {
      if (role.isOfAllExperts()
          && (tensor.shape().rank() == 0
              || tensor.shape().dim(0) != architecture.moe().experts())) {
        findings.add(
            Finding.error(
                where(tensor.name()),
                "shape is %s; it has no part for each expert".formatted(tensor.shape())));
      }
    }
  }

  private void requirePlain(String name, Shape shape) {
    if (tensors.contains(name)) {
      accounted.add(name);
      compare(StoredWeight.plain(tensors.info(name)), shape);
    } else {
      findings.add(missing(name, shape));
    }
  }

  private static Finding missing(String name, Shape shape) {
    return Finding.error(Quoted.of(name), "is missing; " + shape + " is expected");
  }

  /** A missing expert lacks several tensors; one finding a layer and role says it. */
  private void requireExperts(int layer, RoleShape tensor) {
    TensorRole role = tensor.role();
    List<Integer> missing = new ArrayList<>();
    for (int expert = 0; expert < architecture.moe().experts(); expert++) {
      String name = architecture.names().weight(role, layer, expert);
      try {
        Optional<StoredWeight> stored = find(name);
        if (stored.isPresent()) {
          compare(stored.get(), tensor.weight());
          expertTypes.merge(stored.get().elements().dtype(), 1, Integer::sum);
        } else {
          missing.add(expert);
        }
      } catch (BadInputException e) {
        contradiction(name, e);
      }
    }
    if (!missing.isEmpty()) {
      findings.add(
          Finding.error(
              "layer " + layer,
              "%s of %s is missing (%s)"
                  .formatted(
                      role.key(),
                      experts(missing),
                      Quoted.of(architecture.names().weight(role, layer, missing.getFirst())))));
    }
  }

  /** The tensors of a weight, which are then accounted for. */
  private Optional<StoredWeight> find(String weight) {
    Optional<StoredWeight> stored = architecture.names().quantisation().find(tensors, weight);
    stored.ifPresent(found -> found.tensors().forEach(tensor -> accounted.add(tensor.name())));
    return stored;
  }

  private void contradiction(String weight, BadInputException e) {
    architecture
        .names()
        .quantisation()
        .tensorsOf(tensors, weight)
        .forEach(tensor -> accounted.add(tensor.name()));
    findings.add(Finding.error(Quoted.of(weight), String.valueOf(e.getMessage())));
  }

  private void compare(StoredWeight stored, Shape shape) {
    if (!stored.shape().equals(shape)) {
      String name = stored.elements().name();
      findings.add(
          Finding.error(
              where(name), "shape is %s, the config asks for %s".formatted(stored.shape(), shape)));
    }
  }

  private String where(String name) {
    return "%s, %s".formatted(tensors.location(name), Quoted.of(name));
  }

  private void otherTensors() {
    Map<Integer, TreeSet<Integer>> uncounted = new TreeMap<>();
    PredictionTail tail = architecture.predictionTail();
    List<String> ofTail = tail.among(tensors.names());
    if (!ofTail.isEmpty()) {
      findings.add(
          Finding.warning(
              where(ofTail.getFirst()),
              "and %d further tensors are of layers that predict further tokens: they are not run, and go when experts do"
                  .formatted(ofTail.size() - 1)));
    }
    for (String name : tensors.names()) {
      if (tail.holds(name)) {
        continue;
      }
      if (accounted.contains(name) || architecture.names().isOfOtherPart(name)) {
        continue;
      }
      Optional<TensorPlace> place = architecture.names().place(name);
      if (place.isEmpty()) {
        unknown(name);
      } else if (isUncountedExpert(place.get())) {
        uncounted
            .computeIfAbsent(place.get().layer().orElse(-1), layer -> new TreeSet<>())
            .add(place.get().expert().orElseThrow());
      } else {
        unused(name, place.get());
      }
    }
    uncounted.forEach((layer, experts) ->
        findings.add(
            Finding.error(
                "layer " + layer,
                "%s stored, the config counts %s there"
                    .formatted(
                        experts(List.copyOf(experts)),
                        architecture.isMoe(layer) ? architecture.moe().experts() : "none"))));
  }

  private boolean isUncountedExpert(TensorPlace place) {
    return place.expert().isPresent()
        && (!architecture.isMoe(place.layer().orElse(-1))
            || place.expert().getAsInt() >= architecture.moe().experts());
  }

  private void unknown(String name) {
    OptionalInt layer = architecture.names().layerOf(name);
    findings.add(unknown(where(name), name, layer.orElse(-1)));
  }

  /**
   * In a block of experts nothing is left as it is without being known. Where the family is only
   * assumed, nothing in a layer is: it may be what the model computes otherwise.
   */
  private Finding unknown(String where, String name, int layer) {
    String block = blockPrefixes.get(layer);
    if (block != null && name.startsWith(block)) {
      return Finding.error(
          where, "is not known, but lies in the mixture-of-experts block of layer " + layer);
    }
    if (layer >= 0 && moeNames.expertOf(name, layer).isPresent()) {
      return Finding.error(
          where, "is not known, but is of an expert, and layer %d has none".formatted(layer));
    }
    if (layer >= 0 && architecture.assumed()) {
      return Finding.error(
          where,
          "is not known to the family %s, which is only assumed: what it does in layer %d is not known"
              .formatted(architecture.family(), layer));
    }
    return Finding.warning(where, "is not known to this family and left as it is");
  }

  /** A tensor the family knows and this config does not ask for. */
  private void unused(String name, TensorPlace place) {
    String where = where(name);
    if (!place.role().isIndexedByExpert()) {
      findings.add(Finding.warning(where, "is stored, but the config has no use for it"));
      return;
    }
    Shape shape = tensors.info(name).shape();
    findings.add(
        isSliceable(place, shape)
            ? Finding.warning(
                where,
                place.role() == TensorRole.ROUTER
                    ? "is stored, but the family's router has no bias"
                    : "is stored, but the config has no use for it")
            : Finding.error(
                where,
                "shape is %s; there is no %s of that shape here"
                    .formatted(
                        shape, place.role().isOfAllExperts() ? "stack of experts" : "router")));
  }

  /** Whether it is clear what becomes of the tensor when experts go. */
  private boolean isSliceable(TensorPlace place, Shape shape) {
    int experts = architecture.moe().experts();
    return architecture.isMoe(place.layer().orElse(-1))
        && (place.bias()
            ? shape.equals(Shape.of(experts))
            : expected.indexedByExpert(place.role()).isShape(shape));
  }

  private void elementTypes() {
    if (expertTypes.size() > 1 && architecture.names().quantisation() instanceof Unquantised) {
      findings.add(
          Finding.warning(
              "routed experts", "element types differ, tensors by type: " + expertTypes));
    }
  }

  private static String experts(List<Integer> ascending) {
    StringBuilder text = new StringBuilder(ascending.size() == 1 ? "expert " : "experts ");
    for (int at = 0; at < ascending.size(); ) {
      int end = at;
      while (end + 1 < ascending.size() && ascending.get(end + 1) == ascending.get(end) + 1) {
        end++;
      }
      text.append(at == 0 ? "" : ", ").append(ascending.get(at));
      if (end > at) {
        text.append(end == at + 1 ? ", " : "–").append(ascending.get(end));
      }
      at = end + 1;
    }
    return text.toString();
  }
}
