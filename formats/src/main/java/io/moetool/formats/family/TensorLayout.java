package io.moetool.formats.family;

import io.moetool.formats.quantisation.Quantisation;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * How a family's tensors may be named and laid out in files, and which of these ways a checkpoint
 * uses.
 *
 * <p>{@code tensors} gives names by role, {@code encoderTensors} those of an encoder's layers.
 * {@code otherNames} lists renamings, each from beginnings of those names to other beginnings: the
 * first that the stored embedding fits is used, none if it is stored under its own name. {@code
 * either} lists choices, each a list of groups of roles of which a checkpoint stores one group, the
 * first that it stores any tensor of. {@code otherParts} lists how the names of tensors begin that
 * belong to the model but not to its decoder.
 */
final class TensorLayout {
  private final ObjectNode definition;
  private final Quantisation quantisation;

  TensorLayout(ObjectNode definition, Quantisation quantisation) {
    this.definition = definition;
    this.quantisation = quantisation;
  }

  /**
   * The names a checkpoint uses.
   *
   * @param stored names of its tensors; where they do not decide, what stands first counts
   * @param encoderLayers how many layers the encoder has, if there is one
   */
  TensorNames names(Set<String> stored, int encoderLayers) {
    Map<TensorRole, String> patterns = renamed(patterns("tensors"), stored);
    definition
        .path("either")
        .forEach(groups -> patterns.keySet().removeAll(notStored(groups, patterns, stored)));
    List<String> otherParts = new ArrayList<>();
    definition.path("otherParts").forEach(beginning -> otherParts.add(beginning.stringValue()));
    return new TensorNames(
        patterns, patterns("encoderTensors"), encoderLayers, quantisation, otherParts);
  }

  private Map<TensorRole, String> patterns(String section) {
    Map<TensorRole, String> patterns = new EnumMap<>(TensorRole.class);
    definition
        .path(section)
        .forEachEntry((key, pattern) -> patterns.put(role(key), pattern.stringValue()));
    return patterns;
  }

  private Map<TensorRole, String> renamed(Map<TensorRole, String> patterns, Set<String> stored) {
    if (stored.contains(patterns.get(TensorRole.EMBEDDING))) {
      return patterns;
    }
    for (JsonNode renaming : definition.path("otherNames")) {
      Map<TensorRole, String> renamed = new EnumMap<>(TensorRole.class);
      patterns.forEach((role, pattern) -> renamed.put(role, renamed(pattern, renaming)));
      if (stored.contains(renamed.get(TensorRole.EMBEDDING))) {
        return renamed;
      }
    }
    return patterns;
  }

  private static String renamed(String pattern, JsonNode renaming) {
    return renaming
        .propertyStream()
        .filter(beginning -> pattern.startsWith(beginning.getKey()))
        .map(beginning ->
            beginning.getValue().stringValue() + pattern.substring(beginning.getKey().length()))
        .findFirst()
        .orElse(pattern);
  }

  /** The roles of all groups but the one that is stored. */
  private Set<TensorRole> notStored(
      JsonNode choice, Map<TensorRole, String> patterns, Set<String> stored) {
    List<Set<TensorRole>> groups = new ArrayList<>();
    choice.forEach(group -> groups.add(roles(group)));
    Set<TensorRole> used =
        groups.stream()
            .filter(group -> isStored(group, patterns, stored))
            .findFirst()
            .orElse(groups.getFirst());
    Set<TensorRole> others = EnumSet.noneOf(TensorRole.class);
    groups.forEach(others::addAll);
    others.removeAll(used);
    return others;
  }

  private boolean isStored(
      Set<TensorRole> roles, Map<TensorRole, String> patterns, Collection<String> stored) {
    List<NamePattern> names =
        patterns.entrySet().stream()
            .filter(entry -> roles.contains(entry.getKey()))
            .map(entry -> new NamePattern(entry.getValue()))
            .toList();
    return stored.stream()
        .flatMap(name -> Stream.concat(Stream.of(name), quantisation.weightsOf(name).stream()))
        .anyMatch(name -> names.stream().anyMatch(pattern -> pattern.match(name).isPresent()));
  }

  private Set<TensorRole> roles(JsonNode keys) {
    Set<TensorRole> roles = EnumSet.noneOf(TensorRole.class);
    keys.forEach(key -> roles.add(role(key.stringValue())));
    return roles;
  }

  private TensorRole role(String key) {
    for (TensorRole role : TensorRole.values()) {
      if (role.key().equals(key)) {
        return role;
      }
    }
    throw new IllegalStateException(
        "family %s names a role that does not exist: %s"
            .formatted(definition.get("family").stringValue(), key));
  }
}
