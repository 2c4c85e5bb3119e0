package io.moetool.maven;

import java.io.File;
import org.apache.maven.plugins.annotations.LifecyclePhase;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;
import org.jspecify.annotations.Nullable;

/** Measures a model's loss and perplexity on data, by domain. */
@SuppressWarnings("UnusedVariable") // parameters are read by their annotations
@Mojo(
    name = "evaluate",
    defaultPhase = LifecyclePhase.VERIFY,
    requiresProject = false,
    threadSafe = true)
public final class EvaluateMojo extends TaskMojo {
  /** Model to run: checkpoint folder, {@code .safetensors} file, or ONNX model. */
  @Parameter(property = "moetool.model", required = true)
  @ToolArgument(0)
  private File model;

  /**
   * Take at most about this much memory for a checkpoint, such as 8GB or 800MB: in smaller
   * portions, with hidden states in a file in the temporary folder if need be. The result is the
   * same (default: as much as is fastest).
   */
  @Parameter(property = "moetool.memoryLimit")
  @ToolOption(value = "--memory-limit", role = Role.MANNER)
  private @Nullable String memoryLimit;

  @Override
  String command() {
    return "evaluate";
  }
}
