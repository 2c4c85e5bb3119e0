package io.moetool.transforms.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.checkpoint.CheckpointStore;
import io.moetool.formats.checkpoint.Manifest;
import io.moetool.formats.family.CheckpointStructure;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.TinyCheckpoint;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanFile;
import io.moetool.transforms.plan.PlanRequest;
import io.moetool.transforms.plan.Planner;
import io.moetool.transforms.plan.Target;
import io.moetool.transforms.plan.TinyEvidence;
import io.moetool.transforms.verify.Verifier;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrunerTest {
  private static final FamilyCatalog FAMILIES = FamilyCatalog.builtIn();

  @TempDir Path folder;
  private TinyCheckpoint tiny;
  private SourceModel source;
  private Path out;

  @BeforeEach
  void open() {
    tiny = new TinyCheckpoint();
    source = tiny.open(folder.resolve("model"), 3);
    out = folder.resolve("out");
  }

  @AfterEach
  void close() {
    source.close();
  }

  @Test
  void keptExpertsAreRenumberedWithTheirBytes() {
    prune(plan(source, Target.keep(4)));

    try (CheckpointStore result = CheckpointStore.open(out)) {
      List<Integer> kept = List.of(1, 3, 5, 7);
      for (int layer : TinyCheckpoint.MOE_LAYERS) {
        for (int position = 0; position < kept.size(); position++) {
          for (String matrix : List.of("gate_proj", "up_proj", "down_proj")) {
            String name = "model.layers.%d.mlp.experts.%d.%s.weight";
            assertThat(bytes(result, name.formatted(layer, position, matrix)))
                .isEqualTo(original(name.formatted(layer, kept.get(position), matrix)));
          }
        }
        assertThat(result.names()).noneMatch(n -> n.contains("experts.4."));
      }
    }
  }

  @Test
  void routersKeepTheRowsOfKeptExperts() {
    prune(plan(source, Target.keep(4)));

    try (CheckpointStore result = CheckpointStore.open(out)) {
      String router = "model.layers.2.mlp.gate.weight";
      assertThat(result.info(router).shape()).hasToString("[4,4]");
      byte[] all = original(router);
      byte[] rows = bytes(result, router);
      for (int position = 0; position < 4; position++) {
        int expert = 2 * position + 1;
        assertThat(Arrays.copyOfRange(rows, position * 8, position * 8 + 8))
            .isEqualTo(Arrays.copyOfRange(all, expert * 8, expert * 8 + 8));
      }
    }
  }

  @Test
  void everythingElseIsIdentical() {
    prune(plan(source, Target.keep(4)));

    try (CheckpointStore result = CheckpointStore.open(out)) {
      List<TensorInfo> others =
          tiny.tensors().stream()
              .filter(t -> !t.name().contains(".experts.") && !t.name().contains("mlp.gate.w"))
              .toList();
      assertThat(others).hasSize(3 + 3 * 8 + 3);
      for (TensorInfo tensor : others) {
        assertThat(result.info(tensor.name())).isEqualTo(tensor);
        assertThat(bytes(result, tensor.name())).isEqualTo(TinyCheckpoint.content(tensor));
      }
      assertThat(result.names()).hasSize(others.size() + 2 * (1 + 4 * 3));
    }
  }

  @Test
  void theConfigDiffersInTheCountAlone() throws IOException {
    prune(plan(source, Target.keep(4)));

    assertThat(Files.readString(out.resolve("config.json")))
        .isEqualTo(tiny.config().replace("\"num_experts\"  :  8 ", "\"num_experts\"  :  4 "))
        .contains("\"unknown_key\": {\"num_experts\": 8, \"x\": 1.50}");
  }

  @Test
  void everyCountOfTheConfigIsEdited() throws IOException {
    TinyCheckpoint both =
        new TinyCheckpoint()
            .withConfig("\"num_experts\"  :  8", "\"num_local_experts\":8, \"num_experts\":8");
    try (SourceModel model = both.open(folder.resolve("both"), 1)) {
      new Pruner(model, "test")
          .prune(
              "plan", plan(model, Target.keep(4)), OptionalLong.empty(), out, WriteProgress.none());
    }
    assertThat(Files.readString(out.resolve("config.json")))
        .contains("\"num_local_experts\":4, \"num_experts\":4");
  }

  @Test
  void theResultIsASoundCheckpoint() {
    PruneResult result = prune(plan(source, Target.keep(4)));

    try (SourceModel pruned = SourceModel.open(out, FAMILIES)) {
      assertThat(CheckpointStructure.check(pruned.architecture(), pruned.tensors())).isEmpty();
      assertThat(pruned.architecture().moe().experts()).isEqualTo(4);
      assertThat(result.bytesAfter()).isEqualTo(pruned.tensors().tensorBytes());
    }
    assertThat(Folders.hashes(out).keySet())
        .containsExactly(
            "README.md",
            "config.json",
            "model-00001-of-00003.safetensors",
            "model-00002-of-00003.safetensors",
            "model-00003-of-00003.safetensors",
            "model.safetensors.index.json",
            "moetool-manifest.json",
            "tokenizer.json");
  }

  @Test
  void theNumbersAddUp() {
    Plan plan = plan(source, Target.keep(4));
    PrunePreview preview = new Pruner(source, "test").preview("plan", plan, OptionalLong.empty());
    assertThat(out).doesNotExist();
    PruneResult result = prune(plan);

    assertThat(result.output()).isEqualTo(out.toString());
    assertThat(result.bytesBefore())
        .isEqualTo(tiny.bytes())
        .isEqualTo(plan.forecast().bytesBefore());
    assertThat(result.bytesAfter()).isEqualTo(plan.forecast().bytesAfter());
    assertThat(result.expertsBefore()).isEqualTo(8);
    assertThat(result.expertsAfter()).isEqualTo(4);
    assertThat(result.tensorsChanged()).isEqualTo(2);
    assertThat(result.tensorsCopied()).isEqualTo(30 + 2 * 4 * 3);
    assertThat(preview.tensorsDropped()).isEqualTo(2 * 4 * 3);
    assertThat(preview.bytesAfter()).isEqualTo(result.bytesAfter());
    assertThat(preview.tensorsCopied()).isEqualTo(result.tensorsCopied());
    assertThat(preview.shards()).isEqualTo(3);
    assertThat(preview.diskBytes())
        .isGreaterThanOrEqualTo(
            Folders.hashes(out).keySet().stream()
                .mapToLong(f -> out.resolve(f).toFile().length())
                .sum());
  }

  @Test
  void theManifestSaysWhereEveryTensorIsFrom() {
    Plan plan = plan(source, Target.keep(4));
    prune(plan);

    Manifest manifest = Manifest.read(out.resolve(Manifest.FILE));
    assertThat(manifest.source().fingerprint()).isEqualTo(source.fingerprint());
    assertThat(PlanFile.parse("manifest", manifest.plan().toString())).isEqualTo(plan);
    assertThat(manifest.tensors().get("model.layers.1.mlp.experts.2.up_proj.weight"))
        .extracting("sources", "identical")
        .containsExactly(List.of("model.layers.1.mlp.experts.5.up_proj.weight"), true);
    assertThat(manifest.tensors().get("model.layers.1.mlp.gate.weight"))
        .extracting("sources", "identical")
        .containsExactly(List.of("model.layers.1.mlp.gate.weight"), false);
  }

  @Test
  void theCardSaysWhatWasDoneAndKeepsTheLicence() throws IOException {
    Files.writeString(
        folder.resolve("model/README.md"),
        "---\nlicense: apache-2.0\nbase_model: a/b\nmodel-index:\n- name: x\n---\n# Original\n");
    Plan plan = plan(source, Target.keep(4));
    prune(plan);

    String card = Files.readString(out.resolve("README.md"));
    assertThat(card)
        .startsWith(
            """
            ---
            license: apache-2.0
            base_model: a/b
            tags:
            - moe
            - pruned
            - moetool
            ---

            # A qwen3_moe model with 4 of 8 experts per layer
            """)
        .contains("| experts per layer | 8 | 4 |")
        .contains("Source: `" + source.fingerprint() + "`")
        .contains("| 2 | 0 2 4 6 | ")
        .contains("moetool prune SOURCE --plan plan.json -o OUT")
        .contains(
            "not taken over because it is about the source or could not be read: model-index.")
        .doesNotContain("Original")
        .doesNotContain(folder.toString());
  }

  @Test
  void aTextOfThePlanCannotBecomeMarkup() throws IOException {
    String text =
        PlanFile.text(plan(source, Target.keep(4)))
            .replaceFirst("\"target\": \"[^\"]*\"", "\"target\": \"<script>|`x`\\\\n---\"");
    prune(PlanFile.parse("plan.json", text));

    assertThat(Files.readString(out.resolve("README.md")))
        .contains("- Target: &#60;script&#62;&#124;&#96;x&#96; ---.\n")
        .doesNotContain("<script>");
  }

  @Test
  void twoRunsGiveTheSameFolder() {
    Plan plan = plan(source, Target.keep(4));
    prune(plan);
    Path again = folder.resolve("again");
    new Pruner(source, "test")
        .prune("plan", plan, OptionalLong.empty(), again, WriteProgress.none());

    assertThat(Folders.hashes(again)).isEqualTo(Folders.hashes(out)).hasSize(8);
  }

  @Test
  void keepingAllExpertsChangesNoTensor() throws IOException {
    PruneResult result = prune(plan(source, Target.keep(8)));

    assertThat(result.tensorsChanged()).isZero();
    assertThat(result.bytesAfter()).isEqualTo(result.bytesBefore());
    assertThat(Files.readString(out.resolve("config.json"))).isEqualTo(tiny.config());
    try (CheckpointStore copy = CheckpointStore.open(out)) {
      assertThat(copy.names()).containsExactlyInAnyOrderElementsOf(source.tensors().names());
      for (TensorInfo tensor : tiny.tensors()) {
        assertThat(bytes(copy, tensor.name())).isEqualTo(TinyCheckpoint.content(tensor));
      }
    }
  }

  @Test
  void shardsCanBeRepacked() {
    Plan plan = plan(source, Target.keep(4));
    new Pruner(source, "test").prune("plan", plan, OptionalLong.of(200), out, WriteProgress.none());
    try (CheckpointStore result = CheckpointStore.open(out)) {
      assertThat(result.shards().size()).isGreaterThan(3);
      assertThat(result.shards().values()).allMatch(s -> s.header().dataBytes() <= 200);
    }
    Path one = folder.resolve("one");
    new Pruner(source, "test")
        .prune("plan", plan, OptionalLong.of(1 << 20), one, WriteProgress.none());
    assertThat(one.resolve("model.safetensors")).exists();
    assertThat(one.resolve("model.safetensors.index.json")).doesNotExist();
  }

  @Test
  void aPlanForAnotherModelIsRefused() {
    try (SourceModel other =
        new TinyCheckpoint()
            .add("model.norm.weight", 4)
            .withConfig("1.50", "1.51")
            .open(folder.resolve("other"), 1)) {
      refuse(plan(other, Target.keep(4)), "plan.json: it was made for another checkpoint: sha256:");
    }
  }

  @Test
  void aPlanThatIsNotUniformIsRefused() {
    String text = PlanFile.text(plan(source, Target.keep(4)));
    String edited =
        text.replaceFirst("\\[ 1, 3, 5, 7 \\]", "[ 3, 5, 7 ]")
            .replaceFirst("\\[ 0, 2, 4, 6 \\]", "[ 0, 1, 2, 4, 6 ]");
    refuse(
        PlanFile.parse("plan.json", edited),
        "plan.json, layer 1: 3 experts are kept, in the other layers 4");
  }

  @Test
  void anExistingTargetIsRefusedAndLeftAlone() throws IOException {
    Files.createDirectory(out);
    Files.writeString(out.resolve("precious.txt"), "mine");
    refuse(plan(source, Target.keep(4)), "exists");
    assertThat(Folders.hashes(out).keySet()).containsExactly("precious.txt");
  }

  @Test
  void aTargetInsideTheSourceIsRefused() {
    out = folder.resolve("model").resolve("pruned");
    refuse(plan(source, Target.keep(4)), "lies inside the source");
    assertThat(out).doesNotExist();
  }

  @Test
  void everythingThatIsWrongWithTheSourceIsSaidAtOnce() {
    Plan plan = plan(source, Target.keep(4));
    try (SourceModel broken =
        new TinyCheckpoint()
            .remove("model.layers.1.mlp.experts.6.up_proj.weight")
            .remove("model.layers.1.mlp.experts.7.up_proj.weight")
            .add("model.layers.2.mlp.experts.0.down_proj.weight", 4, 3)
            .add("model.layers.2.mlp.gate.weight", 7, 4)
            .add("model.layers.2.mlp.experts.3.gate_proj.weight_scale", 2)
            .add("model.layers.2.mlp.experts.8.gate_proj.weight", 2, 4)
            .open(folder.resolve("broken"), 1)) {
      Plan matching =
          plan.forSource(
              new Plan.Source(
                  broken.fingerprint(), "qwen3_moe", Optional.empty(), Optional.empty()),
              plan.forecast());
      assertThatExceptionOfType(BadInputException.class)
          .isThrownBy(() ->
              new Pruner(broken, "test")
                  .prune("plan.json", matching, OptionalLong.empty(), out, WriteProgress.none()))
          .satisfies(e ->
              assertThat(e.getMessage())
                  .contains(
                      "layer 1: expertUp of experts 6, 7 is missing",
                      "'model.layers.2.mlp.experts.0.down_proj.weight': shape is [4,3], the config asks for [4,2]",
                      "'model.layers.2.mlp.gate.weight': shape is [7,4], the config asks for [8,4]",
                      "'model.layers.2.mlp.experts.3.gate_proj.weight_scale': is not known, but lies in the mixture-of-experts block of layer 2",
                      "layer 2: expert 8 stored, the config counts 8 there"));
      assertThat(out).doesNotExist();
    }
  }

  @Test
  void tensorsElsewhereThatNobodyKnowsAreCopied() {
    try (SourceModel odd =
        new TinyCheckpoint()
            .add("model.layers.1.self_attn.rotary_emb.inv_freq", 1)
            .open(folder.resolve("odd"), 1)) {
      assertThatCode(() ->
              new Pruner(odd, "test")
                  .prune(
                      "plan",
                      plan(odd, Target.keep(4)),
                      OptionalLong.empty(),
                      out,
                      WriteProgress.none()))
          .doesNotThrowAnyException();
    }
    try (CheckpointStore result = CheckpointStore.open(out)) {
      assertThat(result.names()).contains("model.layers.1.self_attn.rotary_emb.inv_freq");
    }
  }

  /** Of layers that predict further tokens, numbered on and apart, nothing is left, nor counted. */
  @Test
  void layersThatPredictFurtherTokensGoWithExperts() {
    try (SourceModel tail =
        new TinyCheckpoint()
            .withConfig("{  ", "{  \"num_nextn_predict_layers\": 1, ")
            .add("mtp.fc.weight", 4, 8)
            .add("mtp.layers.0.mlp.experts.0.up_proj.weight", 2, 4)
            .add("model.layers.3.mlp.experts.7.up_proj.weight", 2, 4)
            .add("model.layers.3.eh_proj.weight", 4, 8)
            .open(folder.resolve("tail"), 1)) {
      Plan plan = plan(tail, Target.keep(4));
      assertThat(plan.warnings())
          .anyMatch(
              w -> w.startsWith("4 tensors of layers that predict further tokens are left out"));
      new Pruner(tail, "test")
          .prune("plan.json", plan, OptionalLong.empty(), out, WriteProgress.none());
      try (SourceModel pruned = SourceModel.open(out, FamilyCatalog.builtIn())) {
        assertThat(pruned.tensors().names())
            .noneMatch(name -> name.startsWith("mtp.") || name.startsWith("model.layers.3."));
        assertThat(pruned.config().find("num_nextn_predict_layers").orElseThrow().intValue())
            .isZero();
      }
      assertThat(
              new Verifier(FamilyCatalog.builtIn(), WriteProgress.none())
                  .verify(out, tail)
                  .findings())
          .isEmpty();
    }
  }

  /** Experts 1, 3, 5 and 7 stay: 3 becomes 1, 7 becomes 3, and of 4 nothing is left to name. */
  @Test
  void expertsThatAreSaidNotToBeQuantisedAreRenumberedToo() {
    String before =
        "[\"lm_head\", \"model.layers.1.mlp.experts.3.up_proj\", \"model.layers.2.mlp.experts.4.down_proj\", \"model.layers.2.mlp.experts.7\"]";
    String after =
        "[\"lm_head\", \"model.layers.1.mlp.experts.1.up_proj\", \"model.layers.2.mlp.experts.3\"]";
    String section =
        "\"quantization_config\": {\"quant_method\": \"fp8\", \"weight_block_size\": [128, 128],"
            + " \"modules_to_not_convert\": %s}, \"unknown_key\"";
    try (SourceModel listed =
        new TinyCheckpoint()
            .withConfig("\"unknown_key\"", section.formatted(before))
            .open(folder.resolve("listed"), 1)) {
      new Pruner(listed, "test")
          .prune(
              "plan.json",
              plan(listed, Target.keep(4)),
              OptionalLong.empty(),
              out,
              WriteProgress.none());
    }
    assertThat(out.resolve("config.json")).content().contains(section.formatted(after));
  }

  @Test
  void expertsThatAreOfNoKnownPartAreRefused() {
    try (SourceModel other =
        new TinyCheckpoint()
            .add("drafter.layers.0.mlp.experts.0.up_proj.weight", 2, 4)
            .add("drafter.layers.0.mlp.experts.1.up_proj.weight", 2, 4)
            .open(folder.resolve("other"), 1)) {
      Plan plan = plan(other, Target.keep(4));
      assertThatExceptionOfType(BadInputException.class)
          .isThrownBy(() ->
              new Pruner(other, "test")
                  .prune("plan.json", plan, OptionalLong.empty(), out, WriteProgress.none()))
          .withMessageContaining(
              "2 tensors of experts outside the decoder's layers would keep all experts, such as"
                  + " 'drafter.layers.0.mlp.experts.0.up_proj.weight'");
      assertThat(out).doesNotExist();
    }
  }

  private void refuse(Plan plan, String message) {
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() ->
            new Pruner(source, "test")
                .prune("plan.json", plan, OptionalLong.empty(), out, WriteProgress.none()))
        .withMessageContaining(message);
    try (var files = Files.list(folder)) {
      assertThat(files).noneMatch(f -> f.getFileName().toString().contains("partial"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private PruneResult prune(Plan plan) {
    return new Pruner(source, "test")
        .prune("plan.json", plan, OptionalLong.empty(), out, WriteProgress.none());
  }

  /** Odd experts score high. */
  private static Plan plan(SourceModel model, Target target) {
    return new Planner(model.architecture(), model.tensors(), model.fingerprint(), "test")
        .prune(TinyEvidence.of(model, .1, .5, .2, .6, .3, .7, .4, .8), PlanRequest.of(target));
  }

  private static byte[] bytes(CheckpointStore store, String name) {
    return store.view(name).bytes().toArray(ValueLayout.JAVA_BYTE);
  }

  private byte[] original(String name) {
    return TinyCheckpoint.content(source.tensors().info(name));
  }
}
