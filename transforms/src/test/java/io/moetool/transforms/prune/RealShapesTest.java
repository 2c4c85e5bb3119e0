package io.moetool.transforms.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.moetool.formats.checkpoint.CheckpointStore;
import io.moetool.formats.checkpoint.Manifest;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.CheckpointStructure;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.plan.Evidence;
import io.moetool.transforms.plan.LayerEvidence;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanRequest;
import io.moetool.transforms.plan.Planner;
import io.moetool.transforms.plan.Target;
import io.moetool.transforms.verify.Verification;
import io.moetool.transforms.verify.Verifier;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Checkpoints of every family and dialect, written by the reference library, and the bundled model.
 */
class RealShapesTest {
  private static final FamilyCatalog FAMILIES = FamilyCatalog.builtIn();
  private static final Path GOLDEN = Path.of("../runtime/src/test/resources/golden");
  private static final Path BUNDLED = Path.of("../examples/tinymoe-6d");

  @TempDir Path folder;

  static Stream<Path> checkpoints() {
    try (Stream<Path> golden = Files.list(GOLDEN)) {
      List<Path> all =
          golden.filter(f -> Files.isRegularFile(f.resolve("config.json"))).sorted().toList();
      assertThat(all).hasSizeGreaterThan(5);
      return Stream.concat(all.stream(), Stream.of(BUNDLED));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void configAndTensorsAgree(Path model) {
    try (SourceModel source = SourceModel.open(model, FAMILIES)) {
      assertThat(CheckpointStructure.check(source.architecture(), source.tensors())).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("checkpoints")
  void whatIsPrunedIsSoundAndProvenByItsSource(Path model) {
    Path out = folder.resolve("out");
    try (SourceModel source = SourceModel.open(model, FAMILIES)) {
      int before = source.architecture().moe().experts();
      int after = Math.max(before / 2, source.architecture().moe().routing().expertsPerToken());
      assumeThat(after).isLessThan(before);
      Plan plan = plan(source, after);
      PruneResult result =
          new Pruner(source, "test")
              .prune("plan", plan, OptionalLong.empty(), out, WriteProgress.none());
      Verification verification = new Verifier(FAMILIES, WriteProgress.none()).verify(out, source);

      assertThat(verification.findings()).isEmpty();
      assertThat(verification.source())
          .hasValueSatisfying(comparison -> {
            assertThat(comparison.identical()).isEqualTo(result.tensorsCopied());
            assertThat(comparison.changed()).hasSize(tensorsOfAllExperts(source));
            assertThat(comparison.unproven()).isEmpty();
          });
      assertThat(result.bytesAfter()).isEqualTo(plan.forecast().bytesAfter());
    }
    try (SourceModel pruned = SourceModel.open(out, FAMILIES)) {
      assertThat(CheckpointStructure.check(pruned.architecture(), pruned.tensors())).isEmpty();
    }
  }

  private static int tensorsOfAllExperts(SourceModel source) {
    return (int)
        source.tensors().names().stream()
            .flatMap(name -> source.architecture().names().place(name).stream())
            .filter(place -> place.role().isIndexedByExpert())
            .count();
  }

  @Test
  void theBundledModelHalvesAsItsShapesSay() {
    Path out = folder.resolve("out");
    try (SourceModel source = SourceModel.open(BUNDLED, FAMILIES)) {
      Architecture architecture = source.architecture();
      PruneResult result =
          new Pruner(source, "test")
              .prune("plan", plan(source, 16), OptionalLong.empty(), out, WriteProgress.none());

      // 6 layers lose 16 experts of 3 matrices 64 x 192 and 16 router rows of 192, 2 bytes each.
      assertThat(result.bytesBefore() - result.bytesAfter())
          .isEqualTo(6L * 16 * (3 * 64 * 192 + 192) * 2);
      assertThat(result.tensorsChanged()).isEqualTo(6);
      assertThat(result.tensorsCopied())
          .isEqualTo(source.tensors().names().size() - 6 - 6 * 16 * 3);
      assertThat(architecture.moe().experts()).isEqualTo(32);
    }
    assertThat(Folders.hashes(out).keySet())
        .contains(
            "tokenizer.json", "tokenizer_config.json", "generation_config.json", Manifest.FILE);
    assertThat(out.resolve("README.md")).content().contains("16 of 32");
    try (CheckpointStore pruned = CheckpointStore.open(out)) {
      assertThat(pruned.shards()).hasSize(2);
    }
  }

  private static Plan plan(SourceModel source, int keep) {
    SplittableRandom random = new SplittableRandom(7);
    int experts = source.architecture().moe().experts();
    List<LayerEvidence> layers =
        source.architecture().moe().layers().stream()
            .map(layer -> LayerEvidence.ofWeights(layer, random.doubles(experts).toArray()))
            .toList();
    Evidence evidence =
        new Evidence(
            "test",
            source.fingerprint(),
            "random",
            OptionalLong.of(7),
            Optional.empty(),
            Optional.empty(),
            layers);
    return new Planner(source.architecture(), source.tensors(), source.fingerprint(), "test")
        .prune(evidence, PlanRequest.of(Target.keep(keep)));
  }
}
