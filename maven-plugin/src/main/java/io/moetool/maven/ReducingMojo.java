package io.moetool.maven;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.maven.plugin.MojoFailureException;
import org.apache.maven.plugins.annotations.Parameter;
import org.jspecify.annotations.Nullable;

/** A step that writes a checkpoint with fewer experts, as a plan, statistics or data decide. */
@SuppressWarnings("UnusedVariable") // parameters are read by their annotations
abstract class ReducingMojo extends DecidingMojo {
  /**
   * Text to run the model on: {@code .jsonl} with "text" or "tokens", and optionally "domain", in
   * every line; or {@code .txt}, one document.
   */
  @Parameter(property = "moetool.data")
  @ToolOption(value = "--data", role = Role.INPUT)
  private List<File> data = new ArrayList<>();

  /** Cut rows to this many tokens (default: the model's maximum, at most 2048). */
  @Parameter(property = "moetool.sequenceLength")
  @ToolOption("--sequence-length")
  private @Nullable Integer sequenceLength;

  /** Read at most this many rows. */
  @Parameter(property = "moetool.maxSequences")
  @ToolOption("--max-sequences")
  private @Nullable Long maxSequences;

  /** Read at most this many tokens. */
  @Parameter(property = "moetool.maxTokens")
  @ToolOption("--max-tokens")
  private @Nullable Long maxTokens;

  /** Run on this device: auto, cpu or cuda (default: auto, which is cuda where it works). */
  @Parameter(property = "moetool.device")
  @ToolOption("--device")
  private @Nullable String device;

  /** Compute in this type: auto, float32 or bfloat16 (default: auto). */
  @Parameter(property = "moetool.compute")
  @ToolOption("--compute")
  private @Nullable String compute;

  /**
   * A plan for this checkpoint. Default: the one that the goal plan writes by default, if it is
   * there and neither statistics nor data are named.
   */
  @Parameter(property = "moetool.plan")
  @ToolOption(value = "--plan", role = Role.INPUT)
  private @Nullable File plan;

  /** What analyze wrote, to decide by without a plan. */
  @Parameter(property = "moetool.statistics")
  @ToolOption(value = "--statistics", role = Role.INPUT)
  private @Nullable File statistics;

  /** Largest weights file, such as 5GB or 500MB (default: distributed as in the source). */
  @Parameter(property = "moetool.shardSize")
  @ToolOption("--shard-size")
  private @Nullable String shardSize;

  /** Show sizes and where the result loads; write nothing. */
  @Parameter(property = "moetool.dryRun", defaultValue = "false")
  @ToolOption("--dry-run")
  private boolean dryRun;

  /**
   * Go on where a run was ended; begin if it left nothing. The result is the same, byte for byte.
   */
  @Parameter(property = "moetool.resume", defaultValue = "false")
  @ToolOption(value = "--resume", role = Role.MANNER)
  private boolean resume;

  /**
   * First remove what a run left when it was ended; then begin. What a run of this step left is
   * removed also without this, unless resume is set.
   */
  @Parameter(property = "moetool.discard", defaultValue = "false")
  @ToolOption(value = "--discard", role = Role.MANNER)
  private boolean discard;

  /**
   * Attach the result's manifest (type json, classifier manifest) to the module, so that it is
   * installed and deployed with it.
   */
  @Parameter(property = "moetool.attach", defaultValue = "true")
  private boolean attach;

  /** Also attach the whole result as an archive (type zip, classifier model). */
  @Parameter(property = "moetool.attachModel", defaultValue = "false")
  private boolean attachModel;

  @Parameter(
      defaultValue = "${project.build.directory}/moetool/plan.json",
      readonly = true,
      required = true)
  private File usualPlan;

  /** Where the result goes. */
  abstract File output();

  /** Whether the decision is made from data, so that no plan is looked for. */
  boolean decidesByData() {
    return !data.isEmpty();
  }

  @Override
  void prepare() throws IOException, MojoFailureException {
    if (plan == null && statistics == null && !decidesByData() && usualPlan.isFile()) {
      plan = usualPlan;
    }
    if (approvedPlan().isPresent()) {
      if (plan == null || !plan.isFile()) {
        throw new MojoFailureException(
            "approvedPlan is set, but there is no plan to hold against it; name one with plan");
      }
      PlanApproval.require(plan.toPath(), approvedPlan().get());
    }
  }

  @Override
  void afterEndedRun() {
    discard |= !resume && !dryRun;
  }

  @Override
  List<Path> replaced() {
    return dryRun ? List.of() : List.of(output().toPath());
  }

  @Override
  void completed() throws IOException {
    if (!dryRun) {
      attachResult(output().toPath(), attach, attachModel);
    }
  }
}
