package io.moetool.cli;

import io.moetool.analyzers.statistics.MeasuredModel;
import io.moetool.analyzers.superexperts.ProtectList;
import io.moetool.formats.BadInputException;
import io.moetool.formats.exported.ExportedModel;
import io.moetool.formats.onnx.OnnxType;
import io.moetool.runtime.graph.ExpertIntegers;
import io.moetool.runtime.graph.ExportPrecision;
import io.moetool.runtime.graph.OperatorForm;
import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.SoundCheckpoint;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.convert.ExportSource;
import io.moetool.transforms.convert.OnnxExport;
import io.moetool.transforms.evaluate.OpenModel;
import io.moetool.transforms.exported.CheckpointRestore;
import io.moetool.transforms.plan.PlanFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Writes a checkpoint in another form. */
@Command(
    name = "convert",
    mixinStandardHelpOptions = true,
    customSynopsis = {
      "moetool convert MODEL -o OUT --to onnx [--plan plan.json] [OPTIONS]",
      "       moetool convert MODEL.onnx -o OUT --to safetensors"
    },
    description =
        "Write a checkpoint as an ONNX model: the graph in one file, weights beside it,"
            + " tokenizer files with it; as it is, or as a plan says. The model is run against the checkpoint before it"
            + " appears. Or make a Hugging Face folder of an ONNX model again.")
final class ConvertCommand implements Callable<Integer> {
  /** How matrices can be stored. */
  enum WeightType {
    FLOAT32(OnnxType.FLOAT),
    FLOAT16(OnnxType.FLOAT16),
    BFLOAT16(OnnxType.BFLOAT16);

    private final OnnxType type;

    WeightType(OnnxType type) {
      this.type = type;
    }
  }

  /** What a checkpoint can become, or what it can be made of again. */
  enum Form {
    ONNX,
    SAFETENSORS
  }

  @Mixin private CommonOptions common;

  @Mixin private ModelArgument model;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "OUT",
      required = true,
      description = "New folder, or a new file that ends in .onnx, with its data beside it.")
  private Path output = Path.of("");

  @Option(
      names = "--to",
      paramLabel = "onnx|safetensors",
      required = true,
      description =
          "Form of the result: an ONNX model of a checkpoint, or a Hugging Face folder of an ONNX"
              + " model that has the config.json of a known family beside it.")
  private Form form = Form.ONNX;

  @Option(
      names = "--operators",
      paramLabel = "fused|standard",
      description =
          "Operators of the graph (default: fused): ONNX Runtime's own where they compute this"
              + " model exactly, or those of the ONNX standard alone.")
  private OperatorForm operators = OperatorForm.FUSED;

  @Option(
      names = "--dtype",
      paramLabel = "float32|float16|bfloat16",
      description =
          "How matrices are stored (default: float32). The model computes in float32; routers and"
              + " vectors stay float32.")
  private WeightType dtype = WeightType.FLOAT32;

  @Option(
      names = "--experts",
      paramLabel = "int8|int4",
      description =
          "Store routed experts as integers with a scale for every 32 weights of a row (16, or the"
              + " row, where 32 does not divide it; default: as --dtype says).")
  private Optional<ExpertIntegers> experts = Optional.empty();

  @Option(
      names = "--protect",
      paramLabel = "FILE",
      description =
          "Store the experts named here, as in the protect.json that analyze writes, as --dtype"
              + " says. May be repeated.")
  private List<Path> protectLists = new ArrayList<>();

  @Option(
      names = "--plan",
      paramLabel = "plan.json",
      description =
          "Carry this plan out on the way. Layers may keep different numbers of experts, and merged"
              + " ones may be reached by the rows of all their members (--router map).")
  private Optional<Path> planFile = Optional.empty();

  @Option(names = "--dry-run", description = "Show sizes and write nothing.")
  private boolean dryRun;

  @Override
  public Integer call() {
    Console console = common.console();
    return form == Form.SAFETENSORS ? toCheckpoint(console) : toOnnx(console);
  }

  private int toCheckpoint(Console console) {
    if (operators != OperatorForm.FUSED
        || dtype != WeightType.FLOAT32
        || experts.isPresent()
        || !protectLists.isEmpty()) {
      throw common.usage(
          "--operators, --dtype, --experts and --protect have no effect with --to safetensors:"
              + " weights keep the bytes they have");
    }
    if (planFile.isPresent()) {
      throw common.usage(
          "--plan has no effect with --to safetensors: carry it out with moetool prune or merge");
    }
    if (dryRun) {
      throw common.usage("--dry-run is not known with --to safetensors");
    }
    if (!OpenModel.isOnnx(model.path())) {
      throw new BadInputException(
          model.path().toString(),
          "is no ONNX model, and a checkpoint is in safetensors already",
          "name an .onnx file, or a folder with model.onnx");
    }
    try (ExportedModel source = ExportedModel.open(model.path(), model.families())) {
      CheckpointRestore.Result result =
          new CheckpointRestore(source, VersionText.version())
              .write(output, console.progress().bytes("writing " + output));
      console.result(
          result,
          () ->
              "%s: %s, %d tensors as they were in the graph, %d taken out of stacks of experts, in %s\n"
                  .formatted(
                      console.ink().bold(result.output()),
                      Amounts.bytes(result.bytesAfter()),
                      result.tensorsCopied(),
                      result.tensorsChanged(),
                      EvaluationText.seconds(result.seconds())));
    }
    return ExitCode.OK.value();
  }

  private int toOnnx(Console console) {
    if (!protectLists.isEmpty() && experts.isEmpty()) {
      throw common.usage("--protect has no effect without --experts");
    }
    try (SourceModel source = model.open(console);
        WorkPool pool = new WorkPool(common.threads())) {
      SoundCheckpoint.require(source.architecture(), source.tensors());
      ExportSource exported = exported(source, pool);
      OnnxExport export =
          new OnnxExport(
              exported,
              operators,
              new ExportPrecision(dtype.type, experts, kept(source, exported)),
              VersionText.version(),
              OrtEngine.open(Device.CPU),
              pool);
      if (dryRun) {
        ConversionText.show(console, output, export.preview());
      } else {
        ConversionText.show(
            console,
            export.write(output, console.progress().bytes("writing " + output)),
            planFile.isPresent() ? "those of the plan run unwritten" : "the checkpoint's");
      }
    }
    return ExitCode.OK.value();
  }

  private ExportSource exported(SourceModel source, WorkPool pool) {
    return planFile
        .map(file ->
            ExportSource.planned(
                source, file.toString(), PlanFile.read(file), model.families(), pool))
        .orElseGet(() -> ExportSource.of(source));
  }

  private Map<Integer, Set<Integer>> kept(SourceModel source, ExportSource exported) {
    Map<Integer, Set<Integer>> kept = new HashMap<>();
    MeasuredModel about = MeasuredModel.of(source.architecture(), source.fingerprint());
    for (Path file : protectLists) {
      for (ProtectList.Entry entry : ProtectList.read(file, about).experts()) {
        kept.computeIfAbsent(entry.layer(), _ -> new TreeSet<>())
            .add(exported.place(file.toString(), entry.layer(), entry.expert()));
      }
    }
    return kept;
  }
}
