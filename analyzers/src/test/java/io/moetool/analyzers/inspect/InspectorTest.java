package io.moetool.analyzers.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.formats.checkpoint.CheckpointStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.Finding;
import io.moetool.formats.family.ModelConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InspectorTest {
  private static final Path GOLDEN = Path.of("../runtime/src/test/resources/golden");

  private static Inspection inspect(String model, Finding... findings) {
    try (CheckpointStore tensors = CheckpointStore.open(GOLDEN.resolve(model))) {
      Architecture architecture =
          FamilyCatalog.builtIn().resolve(ModelConfig.read(tensors.configFile()), tensors);
      return new Inspector(architecture, tensors).inspect("sha256:0", List.of(findings));
    }
  }

  /** Hidden 32, 4 query and 2 key/value heads of 12, 8 experts of width 12, 2 layers, 72 tokens. */
  @Test
  void parametersAreThoseOfTheShapes() {
    long attention = 2 * 48 * 32 + 2 * 24 * 32 + 2 * 12;
    long expert = 3 * 32 * 12;
    long layer = attention + 8 * 32 + 8 * expert + 2 * 32;
    long total = 2 * layer + 2 * 72 * 32 + 32;

    Inspection inspection = inspect("qwen3-moe");

    assertThat(inspection.parameters()).isEqualTo(total);
    assertThat(inspection.bytes()).isEqualTo(4 * total);
    assertThat(inspection.dtypes()).containsExactly(Map.entry("F32", total));
    assertThat(inspection.bytesByRole())
        .containsEntry("routedExperts", 4 * 2 * 8 * expert)
        .containsEntry("attention", 4 * 2 * attention)
        .containsEntry("router", 4L * 2 * 8 * 32)
        .containsEntry("norms", 4L * (2 * 2 * 32 + 32))
        .containsEntry("embedding", 4L * 72 * 32)
        .containsEntry("head", 4L * 72 * 32)
        .hasSize(6);
  }

  @Test
  void aTokenDoesNotUseTheExpertsItDoesNotChoose() {
    Inspection inspection = inspect("qwen3-moe");

    assertThat(inspection.parameters() - inspection.activeParameters())
        .isEqualTo(2L * (8 - 3) * 3 * 32 * 12);
  }

  @Test
  void rolesAddUpToAllBytes() {
    Inspection inspection = inspect("qwen3-moe-dense-layer");

    assertThat(inspection.moeLayers()).isLessThan(inspection.layers());
    assertThat(inspection.bytesByRole()).containsKey("denseFeedForward");
    assertThat(inspection.bytesByRole().values().stream().mapToLong(Long::longValue).sum())
        .isEqualTo(inspection.bytes());
  }

  @Test
  void aTiedHeadIsCountedOnce() {
    assertThat(inspect("qwen3-moe-tied").bytesByRole())
        .containsKey("embedding")
        .doesNotContainKey("head");
  }

  @Test
  void onlyErrorsKeepACheckpointFromLoading() {
    assertThat(inspect("olmoe", Finding.warning("x", "odd")).loading().getFirst().verdict())
        .isEqualTo(Loading.Verdict.YES);
    assertThat(inspect("olmoe", Finding.error("x", "missing")).loading().getFirst().verdict())
        .isEqualTo(Loading.Verdict.NO);
  }
}
