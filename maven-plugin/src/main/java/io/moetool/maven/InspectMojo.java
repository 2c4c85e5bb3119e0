package io.moetool.maven;

import java.io.File;
import org.apache.maven.plugins.annotations.LifecyclePhase;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;

/**
 * Shows what a checkpoint is, from its headers: layers, experts, sizes by role, disagreements
 * between config and tensors. A checkpoint that cannot be read fails the build before anything else
 * is done with it.
 */
@SuppressWarnings("UnusedVariable") // parameters are read by their annotations
@Mojo(
    name = "inspect",
    defaultPhase = LifecyclePhase.VALIDATE,
    requiresProject = false,
    threadSafe = true)
public final class InspectMojo extends ToolMojo {
  /**
   * Checkpoint to read: a Hugging Face folder, or a {@code .safetensors} file beside its {@code
   * config.json}.
   */
  @Parameter(property = "moetool.model", required = true)
  @ToolArgument(0)
  private File model;

  @Override
  String command() {
    return "inspect";
  }
}
