package io.moetool.cli;

import io.moetool.formats.family.MoeBlock;
import io.moetool.formats.publish.Leftover;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.WorkPool;
import io.moetool.runtime.text.ModelInput;
import io.moetool.runtime.text.SequenceData;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.compress.CompressPlan;
import io.moetool.transforms.compress.CompressPreview;
import io.moetool.transforms.compress.CompressResult;
import io.moetool.transforms.compress.Compressor;
import io.moetool.transforms.compress.TopKPlan;
import io.moetool.transforms.compress.WidthPlan;
import io.moetool.transforms.plan.Target;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Writes a checkpoint with smaller experts, or with less work for them. */
@Command(
    name = "compress",
    mixinStandardHelpOptions = true,
    customSynopsis = {
      "moetool compress MODEL -o OUT --method camera --data FILE...",
      "         (--width N | --remove 25%%) [OPTIONS]",
      "       moetool compress MODEL -o OUT --method top-k",
      "         --experts-per-token N [--data FILE...] [OPTIONS]"
    },
    description =
        "Write a checkpoint whose routed experts are smaller (camera), or of which a token uses"
            + " fewer (top-k). The result loads where the source loads.")
final class CompressCommand implements Callable<Integer> {
  private static final int DEFAULT_SAMPLE_TOKENS = 4096;

  @Mixin private CommonOptions common;

  @Mixin private ModelArgument model;

  @Mixin private CheckpointOutput output;

  @Option(
      names = "--method",
      paramLabel = "camera|top-k",
      required = true,
      description =
          "camera takes out of every expert the neurons that matter least on the data, all the"
              + " same number. top-k lowers the number of experts a token uses; with data, a factor"
              + " a layer makes up for the others.")
  private String method = "";

  @Option(
      names = "--width",
      paramLabel = "N",
      description = "camera: keep this many neurons in every expert.")
  private Optional<Integer> width = Optional.empty();

  @Option(
      names = "--remove",
      paramLabel = "25%",
      description = "camera: remove this share of the neurons of every expert, rounded down.")
  private Optional<String> remove = Optional.empty();

  @Option(
      names = "--maximum-share",
      paramLabel = "X",
      description =
          "camera: share of a neuron's greatest activation in its score, from 0 to 1; the sum over"
              + " all tokens has the rest (default: 0).")
  private Optional<Double> maximumShare = Optional.empty();

  @Option(
      names = "--experts-per-token",
      paramLabel = "N",
      description = "top-k: experts a token uses.")
  private Optional<Integer> expertsPerToken = Optional.empty();

  @Option(
      names = "--sample-tokens",
      paramLabel = "N",
      description = "top-k: tokens of the data that factors are fitted on (default: 4096).")
  private Optional<Integer> sampleTokens = Optional.empty();

  @Option(names = "--dry-run", description = "Show sizes; run nothing and write nothing.")
  private boolean dryRun;

  @ArgGroup(validate = false, heading = "%nData to decide by:%n")
  private DataOptions data = new DataOptions();

  @ArgGroup(validate = false, heading = "%nRunning the model on data:%n")
  private RunOptions run = new RunOptions();

  @Override
  public Integer call() {
    Console console = common.console();
    requireSense();
    Leftover leftover = output.leftover(common, dryRun);
    OptionalLong shardBytes = output.shardBytes();
    try (SourceModel source = model.open(console);
        WorkPool pool = new WorkPool(common.threads());
        InterruptionNote _ = InterruptionNote.about(output.folder(), console)) {
      output.prepare(console, source.files(), dryRun);
      Compressor compressor = new Compressor(source, model.families(), VersionText.version());
      CompressPlan outline = outline(compressor, source);
      requireChange(outline, source);
      if (dryRun) {
        CompressPreview preview = compressor.preview(outline, shardBytes);
        console.result(preview, () -> render(preview));
      } else {
        CompressResult result =
            compressor.compress(
                "the plan",
                data.isGiven() ? measured(compressor, source, outline, pool, console) : outline,
                shardBytes,
                output.folder(),
                leftover,
                console.progress().bytes("writing " + output.folder()));
        console.result(result, () -> render(result, console.ink()));
      }
    }
    return ExitCode.OK.value();
  }

  private void requireSense() {
    switch (method) {
      case WidthPlan.CAMERA -> requireCamera();
      case TopKPlan.TOP_K -> requireTopK();
      default ->
          throw common.usage(
              "there is no method '%s'; there are camera and top-k".formatted(method));
    }
    data.refuseWithoutData(common);
    if (!data.isGiven()) {
      run.refuseWithoutData(common);
    }
  }

  private void requireCamera() {
    refuse("--experts-per-token", expertsPerToken);
    refuse("--sample-tokens", sampleTokens);
    if (width.isPresent() == remove.isPresent()) {
      throw common.usage("say how many neurons stay: either --width N or --remove 25%");
    }
    if (!(maximumShare.orElse(0.0) >= 0 && maximumShare.orElse(0.0) <= 1)) {
      throw common.usage("--maximum-share must be from 0 to 1");
    }
    data.require(common);
  }

  private void requireTopK() {
    refuse("--width", width);
    refuse("--remove", remove);
    refuse("--maximum-share", maximumShare);
    if (expertsPerToken.isEmpty()) {
      throw common.usage("say how many experts a token uses: --experts-per-token N");
    }
    if (sampleTokens.isPresent() && !data.isGiven()) {
      throw common.usage("--sample-tokens has no effect without --data");
    }
    if (sampleTokens.orElse(1) < 1) {
      throw common.usage("--sample-tokens must be at least 1");
    }
  }

  private void refuse(String option, Optional<?> value) {
    if (value.isPresent()) {
      throw common.usage("%s has no effect with --method %s".formatted(option, method));
    }
  }

  private void requireChange(CompressPlan outline, SourceModel source) {
    MoeBlock before = source.architecture().moe();
    if (outline.widthAfter(source) == before.expertWidth()
        && outline.expertsPerTokenAfter(source) == before.routing().expertsPerToken()) {
      throw common.usage(
          "nothing would change: the model has %s"
              .formatted(
                  what(
                      before.routing().expertsPerToken(),
                      before.routing().expertsPerToken(),
                      before.expertWidth(),
                      before.expertWidth())));
    }
  }

  /** A plan that the model need not be run for; it has the sizes of the one that is carried out. */
  private CompressPlan outline(Compressor compressor, SourceModel source) {
    if (expertsPerToken.isPresent()) {
      TopKPlan plan = compressor.fewerExperts(expertsPerToken.get());
      if (data.isGiven()) {
        compressor.requireScalable();
      }
      return plan;
    }
    return compressor.outlineOfWidth(widthAfter(source.architecture().moe().expertWidth()));
  }

  private CompressPlan measured(
      Compressor compressor,
      SourceModel source,
      CompressPlan outline,
      WorkPool pool,
      Console console) {
    OrtEngine engine = run.open(common);
    SequenceData sequences =
        data.read(common, source.tensors().folder(), ModelInput.of(source.architecture()));
    if (outline instanceof WidthPlan plan) {
      return compressor.byEnergy(
          sequences,
          plan.widthAfter(),
          maximumShare.orElse(0.0),
          engine,
          pool,
          console.progress().steps());
    }
    TopKPlan fitted =
        compressor.fewerExperts(
            outline.expertsPerTokenAfter(source),
            sequences,
            sampleTokens.orElse(DEFAULT_SAMPLE_TOKENS),
            engine,
            pool,
            console.progress().steps());
    fitted
        .compensation()
        .ifPresent(fit ->
            console.note(
                String.format(
                    Locale.ROOT,
                    "squared error of what experts add, mean over layers: %.4f became %.4f by the"
                        + " factors",
                    fit.meanErrorBefore(),
                    fit.meanErrorAfter())));
    return fitted;
  }

  private int widthAfter(int before) {
    try {
      return width.orElseGet(() -> Target.remove(remove.orElseThrow()).expertsAfter(before));
    } catch (IllegalArgumentException e) {
      throw common.usage(String.valueOf(e.getMessage()));
    }
  }

  private String render(CompressResult result, Console.Ink ink) {
    return "%s: %s, %s became %s, %d tensors copied, %d cut or multiplied, in %s\n"
        .formatted(
            ink.bold(result.output()),
            what(
                result.expertsPerTokenBefore(),
                result.expertsPerTokenAfter(),
                result.widthBefore(),
                result.widthAfter()),
            Amounts.bytes(result.bytesBefore()),
            Amounts.bytes(result.bytesAfter()),
            result.tensorsCopied(),
            result.tensorsChanged(),
            EvaluationText.seconds(result.seconds()));
  }

  private String render(CompressPreview preview) {
    return "%s: %s, %s would become %s in %d files, %s of disk. Nothing was written.\n"
        .formatted(
            output.folder(),
            what(
                preview.expertsPerTokenBefore(),
                preview.expertsPerTokenAfter(),
                preview.widthBefore(),
                preview.widthAfter()),
            Amounts.bytes(preview.bytesBefore()),
            Amounts.bytes(preview.bytesAfter()),
            preview.shards(),
            Amounts.bytes(preview.diskBytes()));
  }

  private String what(int perTokenBefore, int perTokenAfter, int widthBefore, int widthAfter) {
    return method.equals(WidthPlan.CAMERA)
        ? "%d of %d neurons in every expert".formatted(widthAfter, widthBefore)
        : "%d of %d experts per token".formatted(perTokenAfter, perTokenBefore);
  }
}
