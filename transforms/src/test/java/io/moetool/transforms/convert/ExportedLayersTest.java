package io.moetool.transforms.convert;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.formats.exported.ExportedModel;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.onnx.OnnxMoeLayer;
import io.moetool.formats.onnx.OnnxMoeLayer.Operator;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.runtime.graph.ExportPrecision;
import io.moetool.runtime.graph.OperatorForm;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.SourceModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is exported is recognised again. */
class ExportedLayersTest {
  private static final Path GOLDEN = Path.of("../runtime/src/test/resources/golden");
  private static final FamilyCatalog FAMILIES = FamilyCatalog.builtIn();
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);
  private static final WorkPool POOL = new WorkPool(2);

  @TempDir private Path folder;

  @AfterAll
  static void stop() {
    POOL.close();
  }

  static List<String> checkpoints() throws IOException {
    try (Stream<Path> models = Files.list(GOLDEN)) {
      return models
          .filter(model -> Files.exists(model.resolve("config.json")))
          .map(model -> model.getFileName().toString())
          .sorted()
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void fusedExpertsAreThoseOfTheConfig(String name) {
    assertThat(recognised(name, OperatorForm.FUSED))
        .isSubsetOf(Operator.MOE, Operator.UNROLLED)
        .hasSize(1);
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void expertsInOperatorsOfTheStandardAreThoseOfTheConfig(String name) {
    assertThat(recognised(name, OperatorForm.STANDARD)).containsExactly(Operator.UNROLLED);
  }

  private Set<Operator> recognised(String name, OperatorForm form) {
    Set<Operator> operators = EnumSet.noneOf(Operator.class);
    Path out = folder.resolve("out");
    try (SourceModel source = SourceModel.open(GOLDEN.resolve(name), FAMILIES)) {
      new OnnxExport(ExportSource.of(source), form, ExportPrecision.FLOAT32, "test", ENGINE, POOL)
          .write(out, WriteProgress.none());
      try (ExportedModel exported = ExportedModel.open(out, FAMILIES)) {
        Architecture known = exported.architecture().orElseThrow();
        assertThat(known.moe()).isEqualTo(source.architecture().moe());
        assertThat(exported.findings()).isEmpty();
        assertThat(exported.layers())
            .extracting(OnnxMoeLayer::layer)
            .isEqualTo(known.moe().layers());
        for (OnnxMoeLayer layer : exported.layers()) {
          operators.add(layer.operator());
          assertThat(layer.experts()).isEqualTo(known.moe().experts());
          assertThat(layer.expertsPerToken()).isEqualTo(known.moe().routing().expertsPerToken());
          assertThat(layer.hidden()).isEqualTo(known.hidden());
          assertThat(layer.width()).isEqualTo(known.moe().expertWidth());
          assertThat(layer.obstacle()).isEmpty();
        }
      }
    }
    return operators;
  }
}
