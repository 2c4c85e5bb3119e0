package io.moetool.maven;

import java.io.File;
import java.util.ArrayList;
import java.util.List;
import org.apache.maven.plugins.annotations.Parameter;
import org.jspecify.annotations.Nullable;

/** A step that may run a model on text. */
@SuppressWarnings("UnusedVariable") // parameters are read by their annotations
abstract class DataMojo extends ToolMojo {
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
}
