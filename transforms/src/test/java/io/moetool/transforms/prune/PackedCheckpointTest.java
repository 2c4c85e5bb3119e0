package io.moetool.transforms.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.analyzers.inspect.Inspection;
import io.moetool.analyzers.inspect.Inspector;
import io.moetool.analyzers.statistics.WeightReader;
import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.OutputTensor;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorContent;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.checkpoint.CheckpointStore;
import io.moetool.formats.family.CheckpointStructure;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.formats.safetensors.SafetensorsWriter;
import io.moetool.runtime.graph.ExportPrecision;
import io.moetool.runtime.graph.OperatorForm;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.CheckpointModel;
import io.moetool.runtime.run.ExpertMask;
import io.moetool.runtime.run.RunProgress;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.TinyCheckpoint;
import io.moetool.transforms.convert.ExportSource;
import io.moetool.transforms.convert.OnnxExport;
import io.moetool.transforms.plan.Evidence;
import io.moetool.transforms.plan.LayerEvidence;
import io.moetool.transforms.plan.Plan;
import io.moetool.transforms.plan.PlanRequest;
import io.moetool.transforms.plan.Planner;
import io.moetool.transforms.plan.SiblingPlan;
import io.moetool.transforms.plan.Target;
import io.moetool.transforms.verify.Verifier;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Weights that are packed four bits each are moved as they lie, and never computed with. */
class PackedCheckpointTest {
  private static final FamilyCatalog FAMILIES = FamilyCatalog.builtIn();
  private static final Path PLAIN = Path.of("../runtime/src/test/resources/golden/qwen2-moe");

  @TempDir private Path folder;

  enum Packing {
    GPTQ("\"quant_method\": \"gptq\", \"bits\": 4, \"group_size\": 8") {
      @Override
      List<TensorInfo> tensors(String module, long out, long in) {
        return List.of(
            new TensorInfo(module + ".qweight", DType.I32, Shape.of(in / 8, out)),
            new TensorInfo(module + ".qzeros", DType.I32, Shape.of(in / 8, out / 8)),
            new TensorInfo(module + ".scales", DType.F16, Shape.of(in / 8, out)),
            new TensorInfo(module + ".g_idx", DType.I32, Shape.of(in)));
      }
    },
    AWQ("\"quant_method\": \"awq\", \"bits\": 4, \"group_size\": 8") {
      @Override
      List<TensorInfo> tensors(String module, long out, long in) {
        return List.of(
            new TensorInfo(module + ".qweight", DType.I32, Shape.of(in, out / 8)),
            new TensorInfo(module + ".qzeros", DType.I32, Shape.of(in / 8, out / 8)),
            new TensorInfo(module + ".scales", DType.F16, Shape.of(in / 8, out)));
      }
    };

    private final String section;

    Packing(String section) {
      this.section = section;
    }

    abstract List<TensorInfo> tensors(String module, long out, long in);
  }

  @ParameterizedTest
  @EnumSource
  void packedExpertsAreMovedByteForByte(Packing packing) {
    Path out = folder.resolve("out");
    try (SourceModel source = packed(packing)) {
      assertThat(CheckpointStructure.check(source.architecture(), source.tensors())).isEmpty();
      prune(source, out);
      assertThat(new Verifier(FAMILIES, WriteProgress.none()).verify(out, source).findings())
          .isEmpty();
    }
    try (CheckpointStore source = CheckpointStore.open(folder.resolve("model"));
        CheckpointStore pruned = CheckpointStore.open(out)) {
      // Four of eight stay, the ones with odd numbers.
      for (TensorInfo part : packing.tensors("model.layers.1.mlp.experts.2.up_proj", 8, 24)) {
        String before = part.name().replace("experts.2", "experts.5");
        assertThat(pruned.info(part.name())).isEqualTo(part);
        assertThat(pruned.view(part.name()).bytes().mismatch(source.view(before).bytes()))
            .isEqualTo(-1);
      }
      assertThat(pruned.names()).noneMatch(name -> name.contains("experts.4."));
    }
  }

  /** What was decided on the plain checkpoint is done to the packed one. */
  @Test
  void aPlanIsCarriedOverToAPackedSibling() {
    try (SourceModel plain = SourceModel.open(PLAIN, FAMILIES);
        SourceModel packed = packed(Packing.AWQ)) {
      Plan plan = odd(plain);
      assertThatThrownBy(
              () -> new Pruner(packed, "test").preview("plan.json", plan, OptionalLong.empty()))
          .hasMessageContaining("plan.json: it was made for another checkpoint")
          .hasMessageContaining("say so with --sibling");

      Plan moved = SiblingPlan.of("plan.json", plan, packed);
      assertThat(moved.source().sibling()).hasValue(plain.fingerprint());
      assertThat(moved.layers()).isEqualTo(plan.layers());
      assertThat(SiblingPlan.of("plan.json", moved, packed)).isSameAs(moved);
      Path out = folder.resolve("out");
      PruneResult result =
          new Pruner(packed, "test")
              .prune("plan.json", moved, OptionalLong.empty(), out, WriteProgress.none());
      assertThat(result.bytesAfter()).isEqualTo(moved.forecast().bytesAfter());
      assertThat(result.bytesBefore()).isLessThan(plan.forecast().bytesBefore());
      assertThat(new Verifier(FAMILIES, WriteProgress.none()).verify(out, packed).findings())
          .isEmpty();
    }
  }

  @Test
  void aModelWithOtherRoutersIsNoSibling() {
    try (SourceModel plain = SourceModel.open(PLAIN, FAMILIES);
        SourceModel other = SourceModel.open(PLAIN.resolveSibling("qwen2-moe-window"), FAMILIES);
        SourceModel mixtral = SourceModel.open(PLAIN.resolveSibling("mixtral"), FAMILIES)) {
      Plan plan = odd(plain);
      assertThatThrownBy(() -> SiblingPlan.of("plan.json", plan, other))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("plan.json: this is not another form of the model")
          .hasMessageContaining("the routers have other values");
      assertThatThrownBy(() -> SiblingPlan.of("plan.json", plan, mixtral))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("made for a model of type 'qwen2_moe', this one is 'mixtral'");
    }
  }

  @ParameterizedTest
  @EnumSource
  void packedExpertsAreCountedAsTheParametersTheyStandFor(Packing packing) {
    try (SourceModel plain = SourceModel.open(PLAIN, FAMILIES);
        SourceModel packed = packed(packing)) {
      Inspection before = inspect(plain);
      Inspection after = inspect(packed);
      assertThat(after.parameters()).isEqualTo(before.parameters());
      assertThat(after.activeParameters()).isEqualTo(before.activeParameters());
      assertThat(after.bytes()).isLessThan(before.bytes());
      assertThat(after.bytesByRole().values().stream().mapToLong(Long::longValue).sum())
          .isEqualTo(after.bytes());
      assertThat(after.bytesByRole()).doesNotContainKey("other");
      assertThat(after.quantisation()).isEqualTo(packing.name().toLowerCase(Locale.ROOT));
    }
  }

  @Test
  void nothingIsComputedWithThem() {
    OrtEngine engine = OrtEngine.open(Device.CPU);
    try (SourceModel source = packed(Packing.GPTQ);
        WorkPool pool = new WorkPool(1)) {
      assertThatThrownBy(() ->
              new CheckpointModel(
                  source.tensors(), source.architecture(), engine, pool, ExpertMask.NONE))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("qweight: 4 bit integers packed by GPTQ are moved")
          .hasMessageContaining("run the checkpoint it was quantised from");
      assertThatThrownBy(() ->
              new WeightReader(source.architecture(), source.tensors(), pool)
                  .read(RunProgress.NONE))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("qweight: 4 bit integers packed by GPTQ are moved");
      Path out = folder.resolve("onnx");
      assertThatThrownBy(() ->
              new OnnxExport(
                      ExportSource.of(source),
                      OperatorForm.FUSED,
                      ExportPrecision.FLOAT32,
                      "test",
                      engine,
                      pool)
                  .write(out, WriteProgress.none()))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("qweight: 4 bit integers packed by GPTQ are moved");
      assertThat(out).doesNotExist();
    }
  }

  private static Inspection inspect(SourceModel source) {
    return new Inspector(source.architecture(), source.tensors())
        .inspect(source.fingerprint(), List.of());
  }

  private static void prune(SourceModel source, Path out) {
    new Pruner(source, "test")
        .prune("plan", odd(source), OptionalLong.empty(), out, WriteProgress.none());
  }

  private static Plan odd(SourceModel source) {
    List<LayerEvidence> odd =
        source.architecture().moe().layers().stream()
            .map(layer -> LayerEvidence.ofWeights(layer, new double[] {0, 1, 0, 1, 0, 1, 0, 1}))
            .toList();
    Evidence evidence =
        new Evidence(
            "test",
            source.fingerprint(),
            "random",
            OptionalLong.of(7),
            Optional.empty(),
            Optional.empty(),
            odd);
    return new Planner(source.architecture(), source.tensors(), source.fingerprint(), "test")
        .prune(evidence, PlanRequest.of(Target.keep(4)));
  }

  /** A tiny checkpoint with its experts packed; arbitrary bytes. */
  private SourceModel packed(Packing packing) {
    Path model = folder.resolve("model");
    try (CheckpointStore plain = CheckpointStore.open(PLAIN)) {
      List<OutputTensor> outputs = new ArrayList<>();
      for (String name : plain.names()) {
        TensorInfo info = plain.info(name);
        if (name.contains(".experts.")) {
          packing
              .tensors(name.replace(".weight", ""), info.shape().dim(0), info.shape().dim(1))
              .forEach(part -> outputs.add(output(part, TinyCheckpoint.content(part))));
        } else {
          outputs.add(new OutputTensor(info, TensorContent.of(List.of(plain.view(name).bytes()))));
        }
      }
      Files.createDirectories(model);
      SafetensorsWriter.write(
          model.resolve("model.safetensors"),
          outputs,
          SafetensorsWriter.CHECKPOINT_METADATA,
          WriteProgress.none());
      String config = Files.readString(PLAIN.resolve("config.json"));
      Files.writeString(
          model.resolve("config.json"),
          config.replaceFirst("\\{", "{\"quantization_config\": {" + packing.section + "},"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return SourceModel.open(model, FAMILIES);
  }

  private static OutputTensor output(TensorInfo info, byte[] content) {
    return new OutputTensor(info, TensorContent.of(List.of(MemorySegment.ofArray(content))));
  }
}
