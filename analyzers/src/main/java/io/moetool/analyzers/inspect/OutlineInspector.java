package io.moetool.analyzers.inspect;

import io.moetool.formats.checkpoint.ModelOutline;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.ComputedTensors;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.Finding;
import io.moetool.formats.family.ModelConfig;
import io.moetool.formats.family.StatedType;
import io.moetool.formats.quantisation.Unquantised;
import io.moetool.formats.safetensors.Quoted;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Computes from a config what its checkpoint holds, and compares the names with an index if there
 * is one.
 */
public final class OutlineInspector {
  private static final int SHOWN = 5;

  private final ModelOutline outline;
  private final ModelConfig config;
  private final Architecture architecture;
  private final StatedType type;
  private final ComputedTensors tensors;

  /**
   * An inspector of a folder without weights.
   *
   * @throws io.moetool.formats.BadInputException if the config is malformed or of an unknown family
   */
  public OutlineInspector(ModelOutline outline, FamilyCatalog families) {
    this.outline = outline;
    config = ModelConfig.read(outline.configFile());
    architecture = families.resolve(config, outline.names());
    type = StatedType.of(config);
    tensors = new ComputedTensors(architecture, type.type(), config.where());
  }

  /** What the checkpoint holds. Without weights it has no fingerprint. */
  public Inspection inspect() {
    List<Finding> findings = new ArrayList<>();
    if (!(architecture.names().quantisation() instanceof Unquantised)) {
      findings.add(
          Finding.warning(
              config.where(),
              "weights are quantised (%s); sizes are those of plain %s weights"
                  .formatted(architecture.names().quantisation().key(), type.type())));
    }
    Inspection inspection = new Inspector(architecture, tensors).inspect("", findings);
    outline
        .index()
        .ifPresent(file -> {
          compareNames(file.toString(), findings);
          outline
              .totalSize()
              .ifPresent(stated -> compareSizes(file.toString(), stated, inspection, findings));
        });
    return new Inspector(architecture, tensors)
        .inspect("", findings)
        .withSizesFrom("config, %s weights (%s)".formatted(type.type(), type.reason()));
  }

  private void compareNames(String file, List<Finding> findings) {
    Set<String> missing = new LinkedHashSet<>(tensors.names());
    missing.removeAll(outline.names());
    if (!missing.isEmpty()) {
      findings.add(
          Finding.error(
              file,
              "lacks %d tensors that the config asks for: %s"
                  .formatted(missing.size(), shown(missing))));
    }
    Set<String> unknown = new LinkedHashSet<>(outline.names());
    unknown.removeAll(tensors.names());
    if (!unknown.isEmpty()) {
      findings.add(
          Finding.warning(
              file,
              "lists %d tensors that the config does not ask for: %s"
                  .formatted(unknown.size(), shown(unknown))));
    }
  }

  private static void compareSizes(
      String file, long stated, Inspection inspection, List<Finding> findings) {
    if (stated != inspection.bytes()) {
      findings.add(
          Finding.warning(
              file,
              "total_size is %d, the config's tensors have %d bytes"
                  .formatted(stated, inspection.bytes())));
    }
  }

  private static String shown(Set<String> names) {
    String first = names.stream().limit(SHOWN).map(Quoted::of).collect(Collectors.joining(", "));
    return names.size() > SHOWN ? first + ", …" : first;
  }
}
