package io.moetool.maven;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.maven.plugins.annotations.LifecyclePhase;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;
import org.jspecify.annotations.Nullable;

/**
 * Writes a checkpoint whose experts are smaller, or of which a token uses fewer. The result loads
 * where the source loads.
 */
@SuppressWarnings("UnusedVariable") // parameters are read by their annotations
@Mojo(
    name = "compress",
    defaultPhase = LifecyclePhase.PREPARE_PACKAGE,
    requiresProject = false,
    threadSafe = true)
public final class CompressMojo extends DataMojo {
  /**
   * Checkpoint to read: a Hugging Face folder, or a {@code .safetensors} file beside its {@code
   * config.json}.
   */
  @Parameter(property = "moetool.model", required = true)
  @ToolArgument(0)
  private File model;

  /**
   * New folder for the result; it appears complete or not at all. What an earlier run of this goal
   * wrote there is replaced.
   */
  @Parameter(defaultValue = "${project.build.directory}/moetool/compressed", required = true)
  @ToolOption(value = "--output", role = Role.OUTPUT)
  private File output;

  /**
   * camera takes out of every expert the neurons that matter least on the data, all the same
   * number; top-k lowers the number of experts a token uses, and with data makes up for the others
   * by a factor a layer.
   */
  @Parameter(property = "moetool.method", required = true)
  @ToolOption("--method")
  private String method;

  /** camera: keep this many neurons in every expert. */
  @Parameter(property = "moetool.width")
  @ToolOption("--width")
  private @Nullable Integer width;

  /** camera: remove this share of the neurons of every expert, such as 25%, rounded down. */
  @Parameter(property = "moetool.remove")
  @ToolOption("--remove")
  private @Nullable String remove;

  /**
   * camera: share of a neuron's greatest activation in its score, from 0 to 1; the sum over all
   * tokens has the rest (default: 0).
   */
  @Parameter(property = "moetool.maximumShare")
  @ToolOption("--maximum-share")
  private @Nullable Double maximumShare;

  /** top-k: experts a token uses. */
  @Parameter(property = "moetool.expertsPerToken")
  @ToolOption("--experts-per-token")
  private @Nullable Integer expertsPerToken;

  /** top-k: tokens of the data that factors are fitted on (default: 4096). */
  @Parameter(property = "moetool.sampleTokens")
  @ToolOption("--sample-tokens")
  private @Nullable Integer sampleTokens;

  /** Largest weights file, such as 5GB or 500MB (default: distributed as in the source). */
  @Parameter(property = "moetool.shardSize")
  @ToolOption("--shard-size")
  private @Nullable String shardSize;

  /** Show sizes; run nothing and write nothing. */
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

  @Override
  void afterEndedRun() {
    discard |= !resume && !dryRun;
  }

  @Override
  List<Path> replaced() {
    return dryRun ? List.of() : List.of(output.toPath());
  }

  @Override
  void completed() throws IOException {
    if (!dryRun) {
      attachResult(output.toPath(), attach, attachModel);
    }
  }

  @Override
  String command() {
    return "compress";
  }
}
