package io.moetool.maven;

import java.io.File;
import java.util.ArrayList;
import java.util.List;
import org.apache.maven.plugins.annotations.LifecyclePhase;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Runs two models on the same data and compares what they predict: loss, perplexity, KL divergence
 * and agreement, by domain. A gate that is not kept fails the build.
 */
@SuppressWarnings("UnusedVariable") // parameters are read by their annotations
@Mojo(
    name = "validate",
    defaultPhase = LifecyclePhase.VERIFY,
    requiresProject = false,
    threadSafe = true)
public final class ValidateMojo extends TaskMojo {
  /** The original: checkpoint or ONNX model. Its tokenizer reads the data. */
  @Parameter(property = "moetool.base", required = true)
  @ToolArgument(0)
  private File base;

  /** What was made of it: checkpoint or ONNX model. Either this or {@code sweep} is needed. */
  @Parameter(property = "moetool.candidate")
  @ToolArgument(1)
  private @Nullable File candidate;

  /**
   * Instead of a candidate: plans for the base, carried out in memory and not written, or models.
   * Gates then find the smallest that keeps all of them; the build fails if none does.
   */
  @Parameter(property = "moetool.sweep")
  @ToolOption(value = "--sweep", role = Role.INPUT)
  private List<File> sweep = new ArrayList<>();

  /** Gate: most mean KL divergence from the base, nats per token. */
  @Parameter(property = "moetool.maxKl")
  @ToolOption("--max-kl")
  private @Nullable Double maxKl;

  /** Gate: least share of tokens with the same best prediction, 0 to 1. */
  @Parameter(property = "moetool.minTop1Agreement")
  @ToolOption("--min-top1-agreement")
  private @Nullable Double minTop1Agreement;

  /** Gate: most increase of the mean loss, nats per token. */
  @Parameter(property = "moetool.maxNllIncrease")
  @ToolOption("--max-nll-increase")
  private @Nullable Double maxNllIncrease;

  /** Gate: most perplexity of the candidate divided by the base's. */
  @Parameter(property = "moetool.maxPerplexityRatio")
  @ToolOption("--max-perplexity-ratio")
  private @Nullable Double maxPerplexityRatio;

  /** Gate: least mean share of the five best predictions that both have, 0 to 1. */
  @Parameter(property = "moetool.minTop5Agreement")
  @ToolOption("--min-top5-agreement")
  private @Nullable Double minTop5Agreement;

  /** Gate: as maxPerplexityRatio, in the domain where it is worst. */
  @Parameter(property = "moetool.maxDomainPerplexityRatio")
  @ToolOption("--max-domain-perplexity-ratio")
  private @Nullable Double maxDomainPerplexityRatio;

  /** Gate: largest size of the candidate's weights, such as 5GB or 500MB. */
  @Parameter(property = "moetool.maxBytes")
  @ToolOption("--max-bytes")
  private @Nullable String maxBytes;

  /** Gate: least share of right answers in the task where the candidate is worst, 0 to 1. */
  @Parameter(property = "moetool.minTaskScore")
  @ToolOption("--min-task-score")
  private @Nullable Double minTaskScore;

  /** Gate: most that the candidate's score is below the base's, in the task where it drops most. */
  @Parameter(property = "moetool.maxTaskDrop")
  @ToolOption("--max-task-drop")
  private @Nullable Double maxTaskDrop;

  /** Show, too, after which layer a checkpoint begins to differ. */
  @Parameter(property = "moetool.layers")
  @ToolOption("--layers")
  private boolean layers;

  /** Tokens that {@code layers} looks at (default: 2048). */
  @Parameter(property = "moetool.layerTokens")
  @ToolOption("--layer-tokens")
  private @Nullable Integer layerTokens;

  /**
   * HTML page to write the comparison to. Default: beside the step's document, linked from {@code
   * report.html}.
   */
  @Parameter(property = "moetool.report")
  @ToolOption(value = "--report", role = Role.OUTPUT)
  private @Nullable File report;

  @Override
  void prepare() {
    if (report == null) {
      report = files().page().toFile();
    }
  }

  @Override
  boolean isCheck() {
    return true;
  }

  @Override
  List<Check> checks(JsonNode document) {
    return Check.gates(document);
  }

  @Override
  String command() {
    return "validate";
  }
}
