package io.moetool.maven;

import java.io.File;
import org.apache.maven.plugins.annotations.LifecyclePhase;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;
import org.jspecify.annotations.Nullable;

/**
 * Finds out which experts matter, in one pass over calibration data; without data, only what
 * weights alone tell. Writes {@code statistics.safetensors}, {@code analysis.json} and {@code
 * report.html}.
 */
@SuppressWarnings("UnusedVariable") // parameters are read by their annotations
@Mojo(
    name = "analyze",
    defaultPhase = LifecyclePhase.GENERATE_RESOURCES,
    requiresProject = false,
    threadSafe = true)
public final class AnalyzeMojo extends DataMojo {
  /**
   * Checkpoint to read: a Hugging Face folder, or a {@code .safetensors} file beside its {@code
   * config.json}.
   */
  @Parameter(property = "moetool.model", required = true)
  @ToolArgument(0)
  private File model;

  /**
   * Run every expert on this many of the tokens, to compare experts and to forecast what their
   * removal costs (default: 4096; 0: none).
   */
  @Parameter(property = "moetool.sampleTokens")
  @ToolOption("--sample-tokens")
  private @Nullable Integer sampleTokens;

  /**
   * The checkpoint that the model was trained from: its routers are compared with the model's,
   * which the method router_norm_change needs.
   */
  @Parameter(property = "moetool.base")
  @ToolOption(value = "--base", role = Role.INPUT)
  private @Nullable File base;

  /**
   * Take at most about this much memory, such as 8GB or 800MB: in smaller portions, with hidden
   * states in a file beside the output if need be. The result is the same, byte for byte (default:
   * as much as is fastest).
   */
  @Parameter(property = "moetool.memoryLimit")
  @ToolOption(value = "--memory-limit", role = Role.MANNER)
  private @Nullable String memoryLimit;

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

  /** Folder for the analysis; an earlier one there is replaced. */
  @Parameter(defaultValue = "${project.build.directory}/moetool/analysis", required = true)
  @ToolOption(value = "--output", role = Role.OUTPUT)
  private File output;

  /**
   * Attach the HTML report of the analysis (type html, classifier analysis) to the module, so that
   * it is installed and deployed with it.
   */
  @Parameter(property = "moetool.attach", defaultValue = "true")
  private boolean attach;

  @Override
  void afterEndedRun() {
    discard |= !resume;
  }

  @Override
  void completed() {
    if (attach) {
      attach("html", "analysis", output.toPath().resolve("report.html"));
    }
  }

  @Override
  String command() {
    return "analyze";
  }
}
