package io.moetool.formats.exported;

import io.moetool.formats.BadInputException;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.Finding;
import io.moetool.formats.family.ModelConfig;
import io.moetool.formats.onnx.OnnxFile;
import io.moetool.formats.onnx.OnnxMoeLayer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An opened ONNX model with experts; never written to.
 *
 * @param file the model
 * @param layers its layers with experts, ascending
 * @param config the {@code config.json} beside it, if there is one
 * @param architecture what the config says, if its family is known and its experts are those of the
 *     graph
 * @param findings where config and graph disagree
 */
public record ExportedModel(
    OnnxFile file,
    List<OnnxMoeLayer> layers,
    Optional<ModelConfig> config,
    Optional<Architecture> architecture,
    List<Finding> findings)
    implements AutoCloseable {
  /** Metadata key: {@code model_type} of the checkpoint that a model was made from. */
  public static final String MODEL_TYPE = "moetool.modelType";

  /** Metadata key: fingerprint of the checkpoint that a model was made from. */
  public static final String SOURCE = "moetool.source";

  /** What a model is called that does not say its type. */
  private static final String NO_TYPE = "onnx";

  public ExportedModel {
    layers = List.copyOf(layers);
    findings = List.copyOf(findings);
  }

  /**
   * Opens a model.
   *
   * @param model {@code .onnx} file, or a folder with {@code model.onnx}
   * @throws BadInputException if it is no ONNX model, or one that contradicts itself
   */
  public static ExportedModel open(Path model, FamilyCatalog families) {
    OnnxFile file = OnnxFile.open(model);
    try {
      List<OnnxMoeLayer> layers = file.moeLayers();
      Path configFile = file.folder().resolve("config.json");
      if (!Files.isRegularFile(configFile)) {
        return new ExportedModel(file, layers, Optional.empty(), Optional.empty(), List.of());
      }
      return withConfig(file, layers, ModelConfig.read(configFile), families);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private static ExportedModel withConfig(
      OnnxFile file, List<OnnxMoeLayer> layers, ModelConfig config, FamilyCatalog families) {
    Optional<Architecture> architecture = Optional.empty();
    List<Finding> findings = new ArrayList<>();
    try {
      architecture = Optional.of(families.resolve(config, file.tensors().sequencedKeySet()));
    } catch (BadInputException e) {
      // The graph says by itself how it computes; the config only says more.
      findings.add(Finding.warning(config.where(), String.valueOf(e.getMessage())));
    }
    architecture
        .flatMap(known -> contradiction(known, layers))
        .ifPresent(why -> findings.add(Finding.error(config.where(), why)));
    return new ExportedModel(
        file,
        layers,
        Optional.of(config),
        architecture.filter(known -> contradiction(known, layers).isEmpty()),
        findings);
  }

  private static Optional<String> contradiction(Architecture known, List<OnnxMoeLayer> layers) {
    List<Integer> indices = layers.stream().map(OnnxMoeLayer::layer).toList();
    if (!indices.equals(known.moe().layers())) {
      return Optional.of(
          "it describes experts in layers %s, the graph has them in %s"
              .formatted(known.moe().layers(), indices));
    }
    int most = layers.stream().mapToInt(OnnxMoeLayer::rows).max().orElse(0);
    return layers.stream()
        .filter(layer ->
            most != known.moe().experts()
                || layer.expertsPerToken() != known.moe().routing().expertsPerToken())
        .findFirst()
        .map(layer ->
            "it describes %d experts, %d per token; layer %d of the graph has %d and %d"
                .formatted(
                    known.moe().experts(),
                    known.moe().routing().expertsPerToken(),
                    layer.layer(),
                    layer.rows(),
                    layer.expertsPerToken()));
  }

  /** Whether layers have different numbers of experts, which no checkpoint can have. */
  public boolean isUneven() {
    return layers.stream().map(OnnxMoeLayer::experts).distinct().count() > 1;
  }

  /** Whether rows of routers share experts, which those of no checkpoint do. */
  public boolean mapsRows() {
    return layers.stream().anyMatch(OnnxMoeLayer::mapsRows);
  }

  /** The model's type, by its metadata, else by the config. */
  public String modelType() {
    return Optional.ofNullable(file.metadata().get(MODEL_TYPE))
        .or(() -> architecture.map(Architecture::modelType))
        .orElse(NO_TYPE);
  }

  /** Fingerprint of the checkpoint it was made from, if it says so. */
  public Optional<String> source() {
    return Optional.ofNullable(file.metadata().get(SOURCE));
  }

  /**
   * What names it where something was measured or decided before: the checkpoint it was made from,
   * if that is what was measured; else itself.
   *
   * @param measured fingerprint of what was
   */
  public String knownAs(String measured) {
    return source().filter(measured::equals).orElseGet(file::fingerprint);
  }

  @Override
  public void close() {
    file.close();
  }
}
