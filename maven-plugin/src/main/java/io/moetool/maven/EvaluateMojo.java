package io.moetool.maven;

import java.io.File;
import org.apache.maven.plugins.annotations.LifecyclePhase;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;

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

  @Override
  String command() {
    return "evaluate";
  }
}
