package io.moetool.analyzers.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moetool.analyzers.GoldenRun;
import io.moetool.formats.BadInputException;
import io.moetool.formats.checkpoint.CheckpointStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.ModelConfig;
import io.moetool.formats.json.Json;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.WorkPool;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Against numbers of NumPy ({@code interop/make_router_expected.py}). */
class BaseRoutersTest {
  private static final Path MODELS = Path.of("../runtime/src/test/resources/golden");

  @TempDir private Path folder;

  private static Architecture architecture(CheckpointStore store) {
    return FamilyCatalog.builtIn().resolve(ModelConfig.read(store.configFile()), store);
  }

  private static MeasuredModel measured(CheckpointStore store, String fingerprint) {
    return MeasuredModel.of(architecture(store), fingerprint);
  }

  private static WeightStatistics compared(CheckpointStore tuned, CheckpointStore base) {
    try (WorkPool pool = new WorkPool(2)) {
      return new WeightReader(architecture(tuned), tuned, pool)
          .read(RunProgress.NONE)
          .comparedWith(
              BaseRouters.read(
                  "base",
                  measured(base, "sha256:base"),
                  architecture(base),
                  base,
                  measured(tuned, "sha256:tuned")));
    }
  }

  @Test
  void changesOfNormsEqualTheReference() {
    JsonNode golden = Json.readObject(Path.of("src/test/resources/routers/qwen3-moe-bf16.json"));
    try (CheckpointStore base = CheckpointStore.open(MODELS.resolve("qwen3-moe"));
        CheckpointStore tuned = CheckpointStore.open(MODELS.resolve("qwen3-moe-bf16"))) {
      List<LayerWeightStatistics> layers = compared(tuned, base).layers();

      assertThat(layers).hasSize(golden.get("layers").size());
      for (int place = 0; place < layers.size(); place++) {
        assertThat(layers.get(place).routerNormChange())
            .containsExactly(
                GoldenRun.numbers(golden.get("layers").get(place).get("change")), within(1e-7));
      }
    }
  }

  @Test
  void rowsThatAreTheSameDifferByNothing() {
    try (CheckpointStore store = CheckpointStore.open(MODELS.resolve("qwen3-moe-bf16"))) {
      assertThat(compared(store, store).layers())
          .allSatisfy(layer -> assertThat(layer.routerNormChange()).containsOnly(0));
    }
  }

  @Test
  void theFileKeepsThem() throws Exception {
    try (CheckpointStore base = CheckpointStore.open(MODELS.resolve("qwen3-moe"));
        CheckpointStore tuned = CheckpointStore.open(MODELS.resolve("qwen3-moe-bf16"))) {
      Statistics written =
          Statistics.none(measured(tuned, "sha256:tuned")).withWeights(compared(tuned, base));
      Path file = folder.resolve("one.safetensors");
      StatisticsFile.write(file, written);

      Statistics read = StatisticsFile.read(file);

      assertThat(read.weights().orElseThrow().base()).contains("sha256:base");
      for (int place = 0; place < 2; place++) {
        assertThat(read.weights().orElseThrow().layers().get(place).routerNormChange())
            .isEqualTo(written.weights().orElseThrow().layers().get(place).routerNormChange());
      }
      Path again = folder.resolve("again.safetensors");
      StatisticsFile.write(again, read);
      assertThat(Files.readAllBytes(again)).isEqualTo(Files.readAllBytes(file));
    }
  }

  @Test
  void aModelThatCannotBeTheBaseIsRefusedByWhatDiffers() {
    try (CheckpointStore base = CheckpointStore.open(MODELS.resolve("qwen3-moe-dense-layer"));
        CheckpointStore tuned = CheckpointStore.open(MODELS.resolve("qwen3-moe-bf16"))) {
      assertThatThrownBy(() -> compared(tuned, base))
          .isInstanceOf(BadInputException.class)
          .hasMessageStartingWith(
              "base: cannot be what this model was trained from: layers 3 (here 2)")
          .hasMessageContaining("name the checkpoint before fine-tuning with --base");
    }
    try (CheckpointStore base = CheckpointStore.open(MODELS.resolve("mixtral"));
        CheckpointStore tuned = CheckpointStore.open(MODELS.resolve("qwen3-moe-bf16"))) {
      assertThatThrownBy(() -> compared(tuned, base))
          .hasMessageContaining("model type mixtral (here qwen3_moe)");
    }
  }

  @Test
  void theModelItselfIsNoBase() {
    try (CheckpointStore store = CheckpointStore.open(MODELS.resolve("mixtral"))) {
      MeasuredModel model = measured(store, "sha256:one");
      assertThatThrownBy(() -> BaseRouters.read("base", model, architecture(store), store, model))
          .isInstanceOf(BadInputException.class)
          .hasMessageStartingWith("base: is this model itself: no router can have changed");
    }
  }

  @Test
  void statisticsWithDifferentBasesAreNotAdded() {
    Statistics weights = Synthetic.withRouters(new double[][] {{1}}, new double[][] {{2}});
    Statistics without = Synthetic.withWeights(new double[][] {{2}});
    WeightStatistics compared = weights.weights().orElseThrow();
    Statistics other =
        weights.withWeights(new WeightStatistics(compared.layers(), Optional.of("sha256:other")));

    assertThat(without.plus(weights).weights()).contains(compared);
    assertThat(weights.plus(without).weights()).contains(compared);
    assertThatThrownBy(() -> weights.plus(other))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("another base");
  }
}
