package io.moetool.formats.family;

import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorStore;
import io.moetool.formats.safetensors.Quoted;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Holds the tensors of a checkpoint against its config, from names and shapes alone.
 *
 * <p>Errors: a tensor is missing or has another shape, an expert or router is stored that the
 * config does not count, or something unknown lies in a mixture-of-experts block. Warnings: a
 * tensor that readers of the family ignore, experts of more than one element type.
 */
public final class CheckpointStructure {
  private final Architecture architecture;
  private final TensorStore tensors;
  private final ExpectedTensors expected;
  private final SequencedMap<Integer, String> blockPrefixes = new LinkedHashMap<>();
  private final List<Finding> findings = new ArrayList<>();
  private final Set<String> accounted = new HashSet<>();
  private final Map<DType, Integer> expertTypes = new EnumMap<>(DType.class);

  private CheckpointStructure(Architecture architecture, TensorStore tensors) {
    this.architecture = architecture;
    this.tensors = tensors;
    this.expected = new ExpectedTensors(architecture);
    MoeNames names = new MoeNames(architecture.names());
    architecture.moe().layers().forEach(l -> blockPrefixes.put(l, names.blockPrefix(l)));
  }

  /** All findings, those about expected tensors first; empty if tensors and config agree. */
  public static List<Finding> check(Architecture architecture, TensorStore tensors) {
    CheckpointStructure structure = new CheckpointStructure(architecture, tensors);
    structure.expectedTensors();
    structure.otherTensors();
    structure.elementTypes();
    return List.copyOf(structure.findings);
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
    String name = architecture.names().weight(tensor.role(), layer);
    require(
        name,
        tensors.contains(name) && tensor.isShape(tensors.info(name).shape())
            ? tensors.info(name).shape()
            : tensor.weight());
    tensor
        .bias()
        .ifPresent(shape -> require(architecture.names().bias(tensor.role(), layer), shape));
  }

  private void require(String name, Shape shape) {
    if (!compare(name, shape)) {
      findings.add(Finding.error(Quoted.of(name), "is missing; " + shape + " is expected"));
    }
  }

  /** A missing expert lacks several tensors; one finding a layer and role says it. */
  private void requireExperts(int layer, RoleShape tensor) {
    TensorRole role = tensor.role();
    List<Integer> missing = new ArrayList<>();
    for (int expert = 0; expert < architecture.moe().experts(); expert++) {
      String name = architecture.names().weight(role, layer, expert);
      if (compare(name, tensor.weight())) {
        expertTypes.merge(tensors.info(name).dtype(), 1, Integer::sum);
      } else {
        missing.add(expert);
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

  private boolean compare(String name, Shape shape) {
    if (!tensors.contains(name)) {
      return false;
    }
    accounted.add(name);
    Shape found = tensors.info(name).shape();
    if (!found.equals(shape)) {
      findings.add(
          Finding.error(
              "%s, %s".formatted(tensors.location(name), Quoted.of(name)),
              "shape is %s, the config asks for %s".formatted(found, shape)));
    }
    return true;
  }

  private void otherTensors() {
    Map<Integer, TreeSet<Integer>> uncounted = new TreeMap<>();
    for (String name : tensors.names()) {
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
    Optional<Integer> layer =
        blockPrefixes.entrySet().stream()
            .filter(block -> name.startsWith(block.getValue()))
            .map(Map.Entry::getKey)
            .findFirst();
    String where = "%s, %s".formatted(tensors.location(name), Quoted.of(name));
    findings.add(
        layer.isPresent()
            ? Finding.error(
                where,
                "is not known, but lies in the mixture-of-experts block of layer " + layer.get())
            : Finding.warning(where, "is not known to this family and left as it is"));
  }

  /** A tensor the family knows and this config does not ask for. */
  private void unused(String name, TensorPlace place) {
    String where = "%s, %s".formatted(tensors.location(name), Quoted.of(name));
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
    if (expertTypes.size() > 1) {
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
