package io.moetool.cli;

import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.publish.Leftover;
import io.moetool.formats.publish.OutputTarget;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.ModelInput;
import io.moetool.runtime.text.SequenceData;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.compress.CompressPreview;
import io.moetool.transforms.compress.CompressResult;
import io.moetool.transforms.compress.Compressor;
import io.moetool.transforms.compress.WidthPlan;
import io.moetool.transforms.plan.Target;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Writes a checkpoint with smaller experts. */
@Command(
    name = "compress",
    mixinStandardHelpOptions = true,
    customSynopsis = {
      "moetool compress MODEL -o OUT --method camera --data FILE...",
      "         (--width N | --remove 25%%) [OPTIONS]"
    },
    description =
        "Write a checkpoint whose routed experts are smaller: each loses the neurons that matter"
            + " least on the data, all the same number. The result loads where the source loads.")
final class CompressCommand implements Callable<Integer> {
  @Mixin private CommonOptions common;

  @Mixin private ModelArgument model;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "OUT",
      required = true,
      description = "New folder; it appears complete or not at all.")
  private Path output = Path.of("");

  @Option(
      names = "--method",
      paramLabel = "M",
      required = true,
      description = "How experts get smaller: camera takes out neurons of least energy.")
  private String method = "";

  @Option(
      names = "--width",
      paramLabel = "N",
      description = "Keep this many neurons in every expert.")
  private Optional<Integer> width = Optional.empty();

  @Option(
      names = "--remove",
      paramLabel = "25%",
      description = "Remove this share of the neurons of every expert, rounded down.")
  private Optional<String> remove = Optional.empty();

  @Option(
      names = "--maximum-share",
      paramLabel = "X",
      description =
          "Share of a neuron's greatest activation in its score, from 0 to 1; the sum over all"
              + " tokens has the rest (default: ${DEFAULT-VALUE}).")
  private double maximumShare = 0;

  @Option(
      names = "--shard-size",
      paramLabel = "SIZE",
      converter = SizeConverter.class,
      description =
          "Largest weights file, as 5GB or 500MB (default: distributed as in the source).")
  private Optional<Long> shardSize = Optional.empty();

  @Option(names = "--dry-run", description = "Show sizes; run nothing and write nothing.")
  private boolean dryRun;

  @Mixin private UnfinishedOptions unfinished;

  @ArgGroup(validate = false, heading = "%nData to decide by:%n")
  private DataOptions data = new DataOptions();

  @ArgGroup(validate = false, heading = "%nRunning the model on data:%n")
  private RunOptions run = new RunOptions();

  @Override
  public Integer call() {
    Console console = common.console();
    requireSense();
    Leftover leftover = unfinished.choice(common, dryRun);
    OptionalLong shardBytes = shardSize.map(OptionalLong::of).orElse(OptionalLong.empty());
    try (SourceModel source = model.open(console);
        WorkPool pool = new WorkPool(common.threads());
        InterruptionNote _ = InterruptionNote.about(output, console)) {
      if (dryRun) {
        OutputTarget.check(output, source.files());
      } else {
        unfinished.prepare(console, output, source.files());
      }
      Compressor compressor =
          new Compressor(source, FamilyCatalog.builtIn(), VersionText.version());
      int after = after(source.architecture().moe().expertWidth());
      compressor.requireWidth(after);
      if (dryRun) {
        CompressPreview preview = compressor.preview(after, shardBytes);
        console.result(preview, () -> render(preview));
      } else {
        OrtEngine engine = run.open(common);
        SequenceData sequences =
            data.read(common, source.tensors().folder(), ModelInput.of(source.architecture()));
        WidthPlan plan =
            compressor.plan(
                sequences, after, maximumShare, engine, pool, console.progress().steps());
        CompressResult result =
            compressor.compress(
                "the plan",
                plan,
                shardBytes,
                output,
                leftover,
                console.progress().bytes("writing " + output));
        console.result(result, () -> render(result, console.ink()));
      }
    }
    return ExitCode.OK.value();
  }

  private void requireSense() {
    if (!method.equals(WidthPlan.CAMERA)) {
      throw common.usage("there is no method '%s'; there is camera".formatted(method));
    }
    if (width.isPresent() == remove.isPresent()) {
      throw common.usage("say how many neurons stay: either --width N or --remove 25%");
    }
    if (!(maximumShare >= 0 && maximumShare <= 1)) {
      throw common.usage("--maximum-share must be from 0 to 1");
    }
    data.require(common);
  }

  private int after(int before) {
    try {
      return width.orElseGet(() -> Target.remove(remove.orElseThrow()).expertsAfter(before));
    } catch (IllegalArgumentException e) {
      throw common.usage(String.valueOf(e.getMessage()));
    }
  }

  private static String render(CompressResult result, Console.Ink ink) {
    return "%s: %d of %d neurons stay in every expert, %s became %s, %d tensors copied, %d cut, in %s\n"
        .formatted(
            ink.bold(result.output()),
            result.widthAfter(),
            result.widthBefore(),
            Amounts.bytes(result.bytesBefore()),
            Amounts.bytes(result.bytesAfter()),
            result.tensorsCopied(),
            result.tensorsChanged(),
            EvaluationText.seconds(result.seconds()));
  }

  private String render(CompressPreview preview) {
    return "%s would keep %d of %d neurons in every expert: %s become %s in %d files, %s of disk. Nothing was written.\n"
        .formatted(
            output,
            preview.widthAfter(),
            preview.widthBefore(),
            Amounts.bytes(preview.bytesBefore()),
            Amounts.bytes(preview.bytesAfter()),
            preview.shards(),
            Amounts.bytes(preview.diskBytes()));
  }
}
