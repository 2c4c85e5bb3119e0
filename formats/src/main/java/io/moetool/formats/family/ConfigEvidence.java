package io.moetool.formats.family;

import io.moetool.formats.BadInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * What the config of an unknown model says for and against a family: names of tensors do not tell
 * how a model computes, the fields that its config has or lacks tell more.
 *
 * @param modelType a model type of the family
 * @param stated fields the family reads that the config states
 * @param absent fields it reads that the config lacks
 * @param unread fields of the config that it does not read, and that are about what a model
 *     computes
 * @param refusal why the family cannot be filled in from this config, if it cannot
 */
record ConfigEvidence(
    String modelType,
    List<String> stated,
    List<String> absent,
    List<String> unread,
    Optional<String> refusal) {
  /** Fields of published configs that do not change what a model computes when it is run. */
  private static final Set<String> ASIDE =
      Set.of(
          "architectures",
          "attention_dropout",
          "auto_map",
          "bos_token_id",
          "dtype",
          "eos_token_id",
          "hidden_dropout",
          "initializer_range",
          "model_type",
          "output_router_logits",
          "pad_token_id",
          "quantization_config",
          "router_aux_loss_coef",
          "torch_dtype",
          "transformers_version",
          "use_cache");

  /** Fields that are read wherever a family rotates. */
  private static final Set<String> ROTATION =
      Set.of("rope_theta", "rope_scaling", "rope_parameters");

  private static final int SHOWN = 12;

  ConfigEvidence {
    stated = List.copyOf(stated);
    absent = List.copyOf(absent);
    unread = List.copyOf(unread);
  }

  /** Holds a config against what a family reads. */
  static ConfigEvidence of(Family family, ModelConfig whole, Set<String> stored) {
    ModelConfig config = whole.lookingIn(family.configRoots());
    Set<List<String>> read = family.configFields();
    List<String> stated = new ArrayList<>();
    List<String> absent = new ArrayList<>();
    for (List<String> names : read) {
      boolean found = names.stream().anyMatch(name -> config.find(name).isPresent());
      (found ? stated : absent).add(names.getFirst());
    }
    List<String> known = read.stream().flatMap(List::stream).toList();
    List<String> unread =
        fields(family, whole).stream()
            .filter(field -> known.stream().noneMatch(name -> isAt(name, field)))
            .filter(field -> !ASIDE.contains(field))
            .filter(field -> !(family.rotates() && ROTATION.contains(field)))
            .toList();
    return new ConfigEvidence(
        family.modelTypes().getFirst(), stated, absent, unread, refusal(family, whole, stored));
  }

  private static boolean isAt(String path, String field) {
    return path.equals(field) || path.startsWith(field + ".");
  }

  /** Fields of the objects in which the family looks for its numbers. */
  private static List<String> fields(Family family, ModelConfig whole) {
    List<String> fields = new ArrayList<>();
    for (String base : family.configRoots()) {
      JsonNode object = base.isEmpty() ? whole.root() : whole.at(base);
      object
          .propertyStream()
          .filter(
              field -> !field.getValue().isNull() && !family.configRoots().contains(field.getKey()))
          .forEach(field -> fields.add(field.getKey()));
    }
    return fields.stream().distinct().sorted().toList();
  }

  private static Optional<String> refusal(Family family, ModelConfig whole, Set<String> stored) {
    try {
      family.resolve(whole, stored);
      return Optional.empty();
    } catch (BadInputException e) {
      String message = String.valueOf(e.getMessage()).lines().findFirst().orElseThrow();
      String where = whole.where() + ": ";
      return Optional.of(message.startsWith(where) ? message.substring(where.length()) : message);
    }
  }

  /** How much speaks against the family; the fewer the better. */
  int differences() {
    return unread.size() + (refusal.isPresent() ? 1 + absent.size() + stated.size() : 0);
  }

  /** One line. */
  String line() {
    String text =
        "%s: config.json states %d of the %d fields that %s reads"
            .formatted(modelType, stated.size(), stated.size() + absent.size(), modelType);
    if (!absent.isEmpty()) {
      text += " (not " + few(absent) + ")";
    }
    text +=
        unread.isEmpty()
            ? ", and none that it does not read"
            : ", and %s, which it does not read".formatted(few(unread));
    return text + refusal.map(why -> "; it would be refused: " + why).orElse("");
  }

  private static String few(List<String> fields) {
    String shown = String.join(", ", fields.stream().limit(SHOWN).toList());
    return fields.size() > SHOWN ? "%s and %d more".formatted(shown, fields.size() - SHOWN) : shown;
  }
}
