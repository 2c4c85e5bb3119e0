package io.moetool.transforms.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.moetool.formats.BadInputException;
import io.moetool.formats.checkpoint.Manifest;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.Finding;
import io.moetool.formats.json.Json;
import io.moetool.formats.publish.Sha256;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.formats.publish.WrittenFile;
import io.moetool.formats.safetensors.SafetensorsFile;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.TinyCheckpoint;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanRequest;
import io.moetool.transforms.plan.Planner;
import io.moetool.transforms.plan.Target;
import io.moetool.transforms.plan.TinyEvidence;
import io.moetool.transforms.prune.Pruner;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifierTest {
  private static final FamilyCatalog FAMILIES = FamilyCatalog.builtIn();
  private static final String EXPERT = "model.layers.1.mlp.experts.2.up_proj.weight";

  @TempDir Path folder;
  private SourceModel source;
  private Path out;

  @BeforeEach
  void prune() {
    source = new TinyCheckpoint().open(folder.resolve("model"), 2);
    out = folder.resolve("out");
    Plan plan =
        new Planner(source.architecture(), source.tensors(), source.fingerprint(), "test")
            .prune(
                TinyEvidence.of(source, .1, .5, .2, .6, .3, .7, .4, .8),
                PlanRequest.of(Target.keep(4)));
    new Pruner(source, "test").prune("plan", plan, OptionalLong.empty(), out, WriteProgress.none());
  }

  @AfterEach
  void close() {
    source.close();
  }

  @Test
  void anUntouchedOutputPasses() {
    Verification verification = verifier().verify(out);

    assertThat(verification.findings()).isEmpty();
    assertThat(verification.passed()).isTrue();
    assertThat(verification.files()).isEqualTo(6);
    assertThat(verification.tensors()).isEqualTo(30 + 2 * (1 + 4 * 3));
    assertThat(verification.source()).isEmpty();
  }

  @Test
  void theSourceProvesWhichTensorsAreIdentical() {
    Verification verification = verifier().verify(out, source);

    assertThat(verification.findings()).isEmpty();
    assertThat(verification.source())
        .hasValueSatisfying(comparison -> {
          assertThat(comparison.identical()).isEqualTo(30 + 2 * 4 * 3);
          assertThat(comparison.renamed()).isEqualTo(2 * 4 * 3);
          assertThat(comparison.changed())
              .containsExactly("model.layers.1.mlp.gate.weight", "model.layers.2.mlp.gate.weight");
          assertThat(comparison.unproven()).isEmpty();
        });
  }

  @Test
  void progressEndsAtTheTotal() {
    AtomicLong last = new AtomicLong(-1);
    AtomicLong all = new AtomicLong();
    new Verifier(
            FAMILIES,
            (done, total) -> {
              assertThat(done).isGreaterThanOrEqualTo(last.get()).isLessThanOrEqualTo(total);
              last.set(done);
              all.set(total);
            })
        .verify(out);
    assertThat(last.get()).isEqualTo(all.get()).isPositive();
  }

  @Test
  void aFlippedByteNamesItsTensor() throws IOException {
    flipByteOf(EXPERT);

    Verification verification = verifier().verify(out);
    assertThat(verification.passed()).isFalse();
    assertThat(verification.findings())
        .hasSize(2)
        .anyMatch(f -> f.isError() && f.where().contains(".safetensors"))
        .anyMatch(
            f -> f.where().endsWith("'" + EXPERT + "'") && f.message().startsWith("has changed"));
  }

  /** Whoever changes weights and manifest together is found out by the source. */
  @Test
  void aForgedManifestDoesNotDeceiveTheSource() throws IOException {
    String file = flipByteOf(EXPERT);
    Manifest manifest = Manifest.read(out.resolve(Manifest.FILE));
    String forged = Files.readString(out.resolve(Manifest.FILE));
    try (SafetensorsFile weights = SafetensorsFile.open(out.resolve(file))) {
      forged = forged.replace(tensorHash(manifest), Sha256.of(weights.view(EXPERT).bytes()));
    }
    forged =
        forged.replace(
            manifest.files().entrySet().stream()
                .filter(f -> f.getKey().equals(file))
                .findFirst()
                .orElseThrow()
                .getValue()
                .sha256(),
            Sha256.of(out.resolve(file)));
    Files.writeString(out.resolve(Manifest.FILE), forged);

    assertThat(verifier().verify(out).passed()).isTrue();
    assertThat(verifier().verify(out, source).findings())
        .singleElement()
        .extracting(Finding::where, Finding::message)
        .satisfies(values ->
            assertThat(values.toString())
                .contains(EXPERT)
                .contains(
                    "differs from 'model.layers.1.mlp.experts.5.up_proj.weight' of the source at byte 3"));
  }

  @Test
  void missingChangedAndForeignFilesAreFound() throws IOException {
    Files.delete(out.resolve("tokenizer.json"));
    Files.writeString(out.resolve("notes.txt"), "mine");
    Files.copy(folder.resolve("model/part-0-of-2.safetensors"), out.resolve("extra.safetensors"));
    Path config = out.resolve("config.json");
    Files.writeString(config, Files.readString(config).replace("1.50", "1.51"));

    Verification verification = verifier().verify(out);
    assertThat(verification.passed()).isFalse();
    assertThat(verification.findings())
        .extracting(Finding::toString)
        .anyMatch(f -> f.equals("'tokenizer.json': is missing"))
        .anyMatch(f -> f.equals("'notes.txt': is not in the manifest"))
        .anyMatch(f -> f.equals("'extra.safetensors': weights that the manifest does not know"))
        .anyMatch(f -> f.startsWith("'config.json': has changed: SHA-256 is "))
        .hasSize(4);
  }

  @Test
  void aNoteBesideTheModelIsNoError() throws IOException {
    Files.writeString(out.resolve("notes.txt"), "mine");
    assertThat(verifier().verify(out).passed()).isTrue();
  }

  @Test
  void aConfigThatCountsOtherwiseIsFound() throws IOException {
    Path config = out.resolve("config.json");
    Files.writeString(
        config, Files.readString(config).replace("\"num_experts\"  :  4", "\"num_experts\"  :  5"));

    assertThat(verifier().verify(out).findings())
        .extracting(Finding::toString)
        .contains("config.json: counts 5 experts, the plan keeps 4")
        .anyMatch(f -> f.startsWith("layer 1: expertGate of expert 4 is missing"));
  }

  @Test
  void aWrongTotalSizeIsFound() throws IOException {
    Path index = out.resolve("model.safetensors.index.json");
    String text = Files.readString(index);
    Files.writeString(index, text.replaceFirst("\"total_size\": \\d+", "\"total_size\": 7"));

    assertThat(verifier().verify(out).findings())
        .extracting(Finding::toString)
        .anyMatch(
            f -> f.startsWith("model.safetensors.index.json: total_size is 7, the tensors have"));
  }

  @Test
  void weightsThatCannotBeOpenedAreAFindingNotAFailure() throws IOException {
    Files.writeString(out.resolve("model-00001-of-00002.safetensors"), "no weights");
    Verification verification = verifier().verify(out);
    assertThat(verification.passed()).isFalse();
    assertThat(verification.findings()).anyMatch(f -> f.message().contains("model-00001-of-00002"));
  }

  @Test
  void aFileOutsideTheFolderIsNotRead() throws IOException {
    Path manifest = out.resolve(Manifest.FILE);
    Files.writeString(
        manifest,
        Files.readString(manifest).replace("\"tokenizer.json\"", "\"../model/tokenizer.json\""));
    assertThat(verifier().verify(out).findings())
        .extracting(Finding::toString)
        .contains("'../model/tokenizer.json': is no name of a file inside the folder");
  }

  @Test
  void anotherSourceIsNamed() {
    try (SourceModel other =
        new TinyCheckpoint().withConfig("1.50", "1.51").open(folder.resolve("other"), 1)) {
      Verification verification = verifier().verify(out, other);
      assertThat(verification.passed()).isFalse();
      assertThat(verification.findings())
          .anyMatch(f -> f.message().startsWith("the output was made from another model: sha256:"));
    }
  }

  @Test
  void withoutAManifestThereIsNothingToCompareWith() throws IOException {
    Path manifest = out.resolve(Manifest.FILE);
    String text = Files.readString(manifest);
    Files.writeString(manifest, text.replaceFirst("\"tensors\"", "\"tenors\""));
    assertThatExceptionOfType(BadInputException.class).isThrownBy(() -> verifier().verify(out));
    Files.delete(manifest);
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> verifier().verify(out))
        .withMessageContaining("moetool-manifest.json: no such file");
  }

  /** An export has a manifest too; its tensors are computed, so their file's hash has to do. */
  @Test
  void whatIsNoCheckpointIsVerifiedByItsFiles() throws IOException {
    Path export = Files.createDirectory(folder.resolve("export"));
    Files.writeString(export.resolve("model.onnx.data"), "weights");
    Manifest manifest =
        Manifest.of(
            Manifest.Tool.current("test"),
            new Manifest.Source(source.fingerprint(), "qwen3_moe", Optional.empty()),
            Json.object().put("action", "convert"),
            List.of(
                new WrittenFile(
                    "model.onnx.data",
                    7,
                    Sha256.of("weights"),
                    Map.of("layer.0.router", Sha256.of("weights")))),
            name -> Manifest.Origin.madeFrom(List.of("model.layers.1.mlp.gate.weight")));
    Files.writeString(export.resolve(Manifest.FILE), manifest.toJson());

    Verification verification = verifier().verify(export, source);
    assertThat(verification.findings()).isEmpty();
    assertThat(verification.tensors()).isZero();
    assertThat(verification.source())
        .hasValueSatisfying(c -> assertThat(c.unproven()).containsExactly("layer.0.router"));

    Files.writeString(export.resolve("model.onnx.data"), "weighty");
    assertThat(verifier().verify(export).passed()).isFalse();
  }

  private static Verifier verifier() {
    return new Verifier(FAMILIES, WriteProgress.none());
  }

  private static String tensorHash(Manifest manifest) {
    return manifest.tensors().entrySet().stream()
        .filter(t -> t.getKey().equals(EXPERT))
        .findFirst()
        .orElseThrow()
        .getValue()
        .sha256();
  }

  /** Changes byte 3 of a tensor; returns the file it is in. */
  private String flipByteOf(String tensor) throws IOException {
    try (var files = Files.list(out)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".safetensors")).toList()) {
        long at;
        try (SafetensorsFile weights = SafetensorsFile.open(file)) {
          if (!weights.contains(tensor)) {
            continue;
          }
          var stored =
              weights.header().tensors().values().stream()
                  .filter(t -> t.info().name().equals(tensor))
                  .findFirst()
                  .orElseThrow();
          at = weights.header().dataStart() + stored.begin() + 3;
        }
        try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
          access.seek(at);
          int old = access.read();
          access.seek(at);
          access.write(old ^ 1);
        }
        return file.getFileName().toString();
      }
    }
    throw new AssertionError(tensor + " is in no file");
  }
}
