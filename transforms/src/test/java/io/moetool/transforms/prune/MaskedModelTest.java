package io.moetool.transforms.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.RouterSpec;
import io.moetool.formats.json.Json;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.kernels.FloatMatrix;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.CheckpointModel;
import io.moetool.runtime.run.ExpertMask;
import io.moetool.runtime.run.Logits;
import io.moetool.runtime.run.Predictions;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.plan.Evidence;
import io.moetool.transforms.plan.LayerEvidence;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanRequest;
import io.moetool.transforms.plan.Planner;
import io.moetool.transforms.plan.Target;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Taking experts away is forbidding them, in every family: removed experts' logits are -∞. */
class MaskedModelTest {
  private static final FamilyCatalog FAMILIES = FamilyCatalog.builtIn();
  private static final Path GOLDEN = Path.of("../runtime/src/test/resources/golden");
  private static final OrtEngine ENGINE = OrtEngine.open(Device.CPU);

  @TempDir private Path folder;

  static Stream<String> checkpoints() throws IOException {
    try (Stream<Path> models = Files.list(GOLDEN)) {
      return models
          .filter(model -> Files.exists(model.resolve("config.json")))
          .map(model -> model.getFileName().toString())
          .sorted()
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void aPrunedModelComputesWhatTheMaskedOneDoes(String name) {
    Path out = folder.resolve("out");
    SequenceData data = sequences(GOLDEN.resolve(name));
    List<float[]> masked;
    try (SourceModel source = SourceModel.open(GOLDEN.resolve(name), FAMILIES)) {
      Map<Integer, SortedSet<Integer>> removed = everySecondExpertOfAGroup(source.architecture());
      int keep = source.architecture().moe().experts() - removed.values().iterator().next().size();
      assumeThat(keep)
          .isGreaterThanOrEqualTo(source.architecture().moe().routing().expertsPerToken());
      new Pruner(source, "test")
          .prune(
              "plan", plan(source, removed, keep), OptionalLong.empty(), out, WriteProgress.none());
      masked = logits(source, new ExpertMask(removed), data);
      assertThat(masked)
          .usingRecursiveComparison()
          .isNotEqualTo(logits(source, ExpertMask.NONE, data));
    }
    try (SourceModel pruned = SourceModel.open(out, FAMILIES)) {
      List<float[]> found = logits(pruned, ExpertMask.NONE, data);
      for (int i = 0; i < masked.size(); i++) {
        assertThat(found.get(i)).containsExactly(masked.get(i), within(1e-5f));
      }
    }
  }

  /** Half of each group, beginning with another expert in every layer. */
  private static Map<Integer, SortedSet<Integer>> everySecondExpertOfAGroup(
      Architecture architecture) {
    int experts = architecture.moe().experts();
    int groups =
        architecture.moe().routing() instanceof RouterSpec.TopScores top ? top.groups().count() : 1;
    int size = experts / groups;
    Map<Integer, SortedSet<Integer>> removed = new TreeMap<>();
    for (int layer : architecture.moe().layers()) {
      SortedSet<Integer> gone = new TreeSet<>();
      for (int i = 0; i < groups * (size / 2); i++) {
        int group = i / (size / 2);
        int place = (2 * (i % (size / 2)) + layer) % size;
        gone.add(group * size + place);
      }
      removed.put(layer, gone);
    }
    return removed;
  }

  private static Plan plan(SourceModel source, Map<Integer, SortedSet<Integer>> removed, int keep) {
    int experts = source.architecture().moe().experts();
    List<LayerEvidence> layers =
        removed.entrySet().stream()
            .map(layer ->
                LayerEvidence.ofWeights(
                    layer.getKey(),
                    IntStream.range(0, experts)
                        .mapToDouble(expert -> layer.getValue().contains(expert) ? 0 : 1)
                        .toArray()))
            .toList();
    Evidence evidence =
        new Evidence(
            "test", source.fingerprint(), "random", OptionalLong.of(7), Optional.empty(), layers);
    Plan plan =
        new Planner(source.architecture(), source.tensors(), source.fingerprint(), "test")
            .prune(evidence, PlanRequest.of(Target.keep(keep)));
    removed.forEach(
        (layer, gone) -> assertThat(plan.kept().get(layer)).doesNotContainAnyElementsOf(gone));
    return plan;
  }

  private static List<float[]> logits(SourceModel source, ExpertMask mask, SequenceData data) {
    try (WorkPool pool = new WorkPool(2)) {
      CheckpointModel model =
          new CheckpointModel(source.tensors(), source.architecture(), ENGINE, pool, mask);
      List<float[]> logits = new ArrayList<>();
      try (Predictions predictions = model.predict(data, RunProgress.NONE)) {
        for (int i = 0; i < data.sequences().size(); i++) {
          try (Logits output = predictions.logits(i)) {
            FloatMatrix rows = output.rows(0, data.sequences().get(i).length());
            logits.add(rows.segment().toArray(ValueLayout.JAVA_FLOAT));
          }
        }
      }
      return logits;
    }
  }

  private static SequenceData sequences(Path model) {
    List<TokenSequence> sequences = new ArrayList<>();
    for (JsonNode sequence : Json.readObject(model.resolve("expected.json")).get("sequences")) {
      int[] tokens = new int[sequence.get("tokens").size()];
      for (int i = 0; i < tokens.length; i++) {
        tokens[i] = sequence.get("tokens").get(i).intValue();
      }
      sequences.add(new TokenSequence("all", tokens));
    }
    return new SequenceData(sequences);
  }
}
