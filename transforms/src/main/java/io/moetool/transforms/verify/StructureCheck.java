package io.moetool.transforms.verify;

import io.moetool.formats.BadInputException;
import io.moetool.formats.checkpoint.CheckpointStore;
import io.moetool.formats.checkpoint.Manifest;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.CheckpointStructure;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.Finding;
import io.moetool.formats.family.ModelConfig;
import io.moetool.formats.json.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Config, index and plan against the tensors that are there. */
final class StructureCheck {
  private static final String INDEX = "model.safetensors.index.json";

  private StructureCheck() {}

  static List<Finding> run(FamilyCatalog families, CheckpointStore tensors, Manifest manifest) {
    try {
      Architecture architecture = families.resolve(ModelConfig.read(tensors.configFile()), tensors);
      List<Finding> findings = new ArrayList<>(CheckpointStructure.check(architecture, tensors));
      counts(architecture, manifest, findings);
      index(tensors, findings);
      return findings;
    } catch (BadInputException e) {
      return List.of(Finding.error(tensors.folder().toString(), String.valueOf(e.getMessage())));
    }
  }

  private static void counts(Architecture architecture, Manifest manifest, List<Finding> findings) {
    JsonNode planned = manifest.plan().path("expertsAfter");
    int experts = architecture.moe().experts();
    if (!planned.isMissingNode() && planned.asInt(-1) != experts) {
      findings.add(
          Finding.error(
              "config.json", "counts %d experts, the plan keeps %s".formatted(experts, planned)));
    }
  }

  private static void index(CheckpointStore tensors, List<Finding> findings) {
    Path index = tensors.folder().resolve(INDEX);
    if (!Files.exists(index)) {
      return;
    }
    JsonNode size = Json.readObject(index).path("metadata").path("total_size");
    if (!size.isIntegralNumber() || size.asLong(-1) != tensors.tensorBytes()) {
      findings.add(
          Finding.error(
              INDEX,
              "total_size is %s, the tensors have %d bytes"
                  .formatted(size.isMissingNode() ? "missing" : size, tensors.tensorBytes())));
    }
  }
}
