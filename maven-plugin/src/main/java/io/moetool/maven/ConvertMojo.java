package io.moetool.maven;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.maven.plugins.annotations.LifecyclePhase;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;
import org.jspecify.annotations.Nullable;

/**
 * Writes a checkpoint as an ONNX model: the graph in one file, weights beside it, tokenizer files
 * with it. The model is run against the checkpoint before it appears.
 */
@SuppressWarnings("UnusedVariable") // parameters are read by their annotations
@Mojo(
    name = "convert",
    defaultPhase = LifecyclePhase.PACKAGE,
    requiresProject = false,
    threadSafe = true)
public final class ConvertMojo extends ToolMojo {
  /**
   * Checkpoint to read: a Hugging Face folder, or a {@code .safetensors} file beside its {@code
   * config.json}.
   */
  @Parameter(property = "moetool.model", required = true)
  @ToolArgument(0)
  private File model;

  /**
   * New folder, or a new file that ends in {@code .onnx}, with its data beside it. What an earlier
   * run of this goal wrote there is replaced.
   */
  @Parameter(defaultValue = "${project.build.directory}/moetool/onnx", required = true)
  @ToolOption(value = "--output", role = Role.OUTPUT)
  private File output;

  /** Form of the result. */
  @Parameter(property = "moetool.to", defaultValue = "onnx", required = true)
  @ToolOption("--to")
  private String to;

  /**
   * Operators of the graph: fused or standard (default: fused): ONNX Runtime's own where they
   * compute this model exactly, or those of the ONNX standard alone.
   */
  @Parameter(property = "moetool.operators")
  @ToolOption("--operators")
  private @Nullable String operators;

  /**
   * How matrices are stored: float32, float16 or bfloat16 (default: float32). The model computes in
   * float32; routers and vectors stay float32.
   */
  @Parameter(property = "moetool.dtype")
  @ToolOption("--dtype")
  private @Nullable String dtype;

  /**
   * Store routed experts as integers, int8 or int4, with a scale for every 32 weights of a row (16,
   * or the row, where 32 does not divide it; default: as {@code dtype} says).
   */
  @Parameter(property = "moetool.experts")
  @ToolOption("--experts")
  private @Nullable String experts;

  /**
   * Store the experts named in these files, as in the protect.json that analyze writes, as {@code
   * dtype} says.
   */
  @Parameter(property = "moetool.protect")
  @ToolOption(value = "--protect", role = Role.INPUT)
  private List<File> protect = new ArrayList<>();

  /**
   * Carry this plan out on the way. Layers may keep different numbers of experts, and merged ones
   * may be reached by the rows of all their members ({@code router} map).
   */
  @Parameter(property = "moetool.convertPlan")
  @ToolOption(value = "--plan", role = Role.INPUT)
  private @Nullable File plan;

  /** Show sizes and write nothing. */
  @Parameter(property = "moetool.dryRun", defaultValue = "false")
  @ToolOption("--dry-run")
  private boolean dryRun;

  /** Attach the exported folder as an archive (type zip, classifier onnx). */
  @Parameter(property = "moetool.attachModel", defaultValue = "false")
  private boolean attachModel;

  @Override
  List<Path> replaced() {
    Path result = output.toPath();
    return dryRun
        ? List.of()
        : List.of(result, result.resolveSibling(result.getFileName() + ".data"));
  }

  @Override
  void completed() throws IOException {
    if (attachModel && !dryRun) {
      Path folder = output.toPath();
      Path archive = folder.resolveSibling(folder.getFileName() + ".zip");
      ModelArchive.write(folder, archive);
      attach("zip", "onnx", archive);
    }
  }

  @Override
  String command() {
    return "convert";
  }
}
