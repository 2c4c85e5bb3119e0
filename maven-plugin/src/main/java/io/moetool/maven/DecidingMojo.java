package io.moetool.maven;

import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.maven.plugins.annotations.Parameter;
import org.jspecify.annotations.Nullable;

/** A step that decides which experts go, or does what was decided. */
@SuppressWarnings("UnusedVariable") // parameters are read by their annotations
abstract class DecidingMojo extends ToolMojo {
  /**
   * Checkpoint to read: a Hugging Face folder, or a {@code .safetensors} file beside its {@code
   * config.json}.
   */
  @Parameter(property = "moetool.model", required = true)
  @ToolArgument(0)
  private File model;

  /**
   * How experts are scored, for example reap or frequency; the tool lists the methods in {@code
   * moetool plan --help}.
   */
  @Parameter(property = "moetool.method")
  @ToolOption("--method")
  private @Nullable String method;

  /** Seed of methods that draw lots (default: 0). */
  @Parameter(property = "moetool.seed")
  @ToolOption("--seed")
  private @Nullable Long seed;

  /**
   * Whether experts with outputs far beyond those of all others stay whatever their score (default:
   * they do, where the model was run on data).
   */
  @Parameter(property = "moetool.protectSuperExperts")
  @ToolOption(value = "--protect-super-experts", negatable = true)
  private @Nullable Boolean protectSuperExperts;

  /** Keep the experts named here, as in the {@code protect.json} that analyze writes. */
  @Parameter(property = "moetool.protect")
  @ToolOption(value = "--protect", role = Role.INPUT)
  private List<File> protect = new ArrayList<>();

  /** Keep this many experts in every layer. */
  @Parameter(property = "moetool.keep")
  @ToolOption("--keep")
  private @Nullable Integer keep;

  /**
   * Remove this share of the experts in every layer, such as {@code 50%}, rounded down to whole
   * experts.
   */
  @Parameter(property = "moetool.remove")
  @ToolOption("--remove")
  private @Nullable String remove;

  /**
   * Keep as many experts, the same number in every layer, as make tensors of at most this size,
   * such as 20GB.
   */
  @Parameter(property = "moetool.targetBytes")
  @ToolOption("--target-bytes")
  private @Nullable String targetBytes;

  /**
   * Keep as many experts, the same number in every layer, as leave at most this many parameters for
   * a token to meet. Only rows of routers count: a token uses as many experts as before.
   */
  @Parameter(property = "moetool.targetActiveParameters")
  @ToolOption("--target-active-parameters")
  private @Nullable Long targetActiveParameters;

  /** Keep a multiple of this many experts in every layer; of a share less is removed if need be. */
  @Parameter(property = "moetool.multipleOf")
  @ToolOption("--multiple-of")
  private @Nullable Integer multipleOf;

  /**
   * How what stays is divided among layers: uniform, the same number in each (default); global, by
   * rank among the scores of all layers; damage, so that the forecast damage is least; or a file
   * with a JSON list of counts, one a layer with experts.
   */
  @Parameter(property = "moetool.budget")
  @ToolOption(value = "--budget", role = Role.INPUT)
  private @Nullable String budget;

  /**
   * Fewest experts that a layer keeps where budget is global or damage (default: those that a token
   * uses).
   */
  @Parameter(property = "moetool.floor")
  @ToolOption("--floor")
  private @Nullable Integer floor;

  /** Experts that fewer calibration tokens than this chose are not judged by them and stay. */
  @Parameter(property = "moetool.minTokens")
  @ToolOption("--min-tokens")
  private @Nullable Long minTokens;

  /**
   * Score by a mix of these domains of the data, such as {@code code=2,math=1}: the scores of each
   * domain are divided by their sum in the layer, weighted and added.
   */
  @Parameter(property = "moetool.domains")
  @ToolOption("--domains")
  private @Nullable String domains;

  /** SHA-256 of the plan that was approved, in hexadecimal. Any other plan fails the build. */
  @Parameter(property = "moetool.approvedPlan")
  private @Nullable String approvedPlan;

  final Optional<String> approvedPlan() {
    return Optional.ofNullable(approvedPlan);
  }
}
