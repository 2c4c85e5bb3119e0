package io.moetool.maven;

import java.io.File;
import java.util.List;
import org.apache.maven.plugins.annotations.LifecyclePhase;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Re-reads what the tool wrote: hashes of all files and tensors, config against tensors; with the
 * source, which tensors are byte-identical. What does not hold fails the build.
 */
@SuppressWarnings("UnusedVariable") // parameters are read by their annotations
@Mojo(
    name = "verify",
    defaultPhase = LifecyclePhase.VERIFY,
    requiresProject = false,
    threadSafe = true)
public final class VerifyMojo extends ToolMojo {
  /** Folder that the tool wrote. */
  @Parameter(property = "moetool.output", required = true)
  @ToolArgument(0)
  private File output;

  /** What it was made from. */
  @Parameter(property = "moetool.source")
  @ToolOption(value = "--source", role = Role.INPUT)
  private @Nullable File source;

  @Override
  boolean isCheck() {
    return true;
  }

  @Override
  List<Check> checks(JsonNode document) {
    return List.of(Check.soundness(document));
  }

  @Override
  String command() {
    return "verify";
  }
}
