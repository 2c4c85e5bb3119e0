package io.moetool.transforms.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.BadInputException;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.runtime.run.ExpertMask;
import io.moetool.transforms.GoldenModel;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.plan.CountedPlan;
import io.moetool.transforms.plan.LayerPlan;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.ResultForm;
import io.moetool.transforms.verify.Verifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Layers that keep different numbers of experts in one checkpoint. */
class UnevenCheckpointTest {
  private static final FamilyCatalog FAMILIES = FamilyCatalog.builtIn();

  @TempDir private Path folder;

  /** The first layer keeps all it has but one, the others as few as can serve a token. */
  @ParameterizedTest
  @ValueSource(strings = {"glm4-moe", "gpt-oss", "gpt-oss-mxfp4", "kimi-k2", "minimax-m2"})
  void whatIsMaskedIsNeverChosen(String name) {
    Path out = folder.resolve("out");
    List<float[]> masked;
    GoldenModel golden = new GoldenModel(name);
    try (SourceModel source = golden.open()) {
      Plan plan = plan(source);
      assertThat(plan.layers().getLast().masked()).isNotEmpty();
      new Pruner(source, "test")
          .prune("plan", plan, OptionalLong.empty(), out, WriteProgress.none());
      assertThat(new Verifier(FAMILIES, WriteProgress.none()).verify(out, source).findings())
          .isEmpty();
      masked = golden.logits(source, new ExpertMask(removed(plan)));
    }
    try (SourceModel pruned = SourceModel.open(out, FAMILIES)) {
      List<float[]> found = golden.logits(pruned);
      for (int i = 0; i < masked.size(); i++) {
        assertThat(found.get(i)).containsExactly(masked.get(i), within(1e-5f));
      }
    }
  }

  /** Softmax over all before a bias, no bias at all, and groups. */
  @ParameterizedTest
  @ValueSource(strings = {"ernie4-5-moe", "qwen3-moe", "deepseek-v3"})
  void whereRoutersCannotSayNeverItIsRefused(String name) {
    try (SourceModel source = new GoldenModel(name).open()) {
      assertThatExceptionOfType(BadInputException.class)
          .isThrownBy(() -> plan(source))
          .withMessageContaining("layers keep different numbers of experts; a checkpoint of type '")
          .withMessageContaining("keep the same number in every layer");
    }
  }

  /** A mask over the whole model, with nothing removed, costs no bytes and changes only biases. */
  @Test
  void aLayerThatKeepsAllMakesOthersKeepTheirPlaces() {
    try (SourceModel source = new GoldenModel("glm4-moe").open()) {
      int experts = source.architecture().moe().experts();
      int layers = source.architecture().moe().layers().size();
      List<Integer> counts = new ArrayList<>(Collections.nCopies(layers, experts - 2));
      counts.set(0, experts);
      Plan plan = CountedPlan.of(source, counts, ResultForm.SAFETENSORS);
      assertThat(plan.expertsAfter()).isEqualTo(experts);
      assertThat(plan.layers().getLast().dropped()).isEmpty();
      assertThat(plan.forecast().bytesAfter()).isEqualTo(plan.forecast().bytesBefore());
      PrunePreview preview = new Pruner(source, "test").preview("plan", plan, OptionalLong.empty());
      assertThat(preview.tensorsChanged()).isEqualTo(layers - 1);
    }
  }

  private static Plan plan(SourceModel source) {
    int experts = source.architecture().moe().experts();
    int perToken = source.architecture().moe().routing().expertsPerToken();
    int layers = source.architecture().moe().layers().size();
    List<Integer> counts = new ArrayList<>(Collections.nCopies(layers, perToken));
    counts.set(0, experts - 1);
    return CountedPlan.of(source, counts, ResultForm.SAFETENSORS);
  }

  private static Map<Integer, SortedSet<Integer>> removed(Plan plan) {
    Map<Integer, SortedSet<Integer>> removed = new TreeMap<>();
    for (LayerPlan layer : plan.layers()) {
      SortedSet<Integer> gone = new TreeSet<>(layer.dropped());
      gone.addAll(layer.masked());
      removed.put(layer.layer(), gone);
    }
    return removed;
  }
}
