package io.moetool.analyzers.inspect;

import io.moetool.analyzers.inspect.Loading.Verdict;
import io.moetool.formats.family.Architecture;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a checkpoint loads, by one rule each. The rules are about its shape; whether a program's
 * version knows the model type is for that program's documentation.
 */
public final class LoadMatrix {
  /** Fused kernels for mixture-of-experts blocks in serving engines take counts up to this. */
  private static final int MOST_EXPERTS_IN_FUSED_KERNELS = 512;

  /** Fused kernels take counts that are multiples of this. */
  private static final int FUSED_KERNEL_MULTIPLE = 4;

  /** {@code LLAMA_MAX_EXPERTS}, a constant in llama.cpp. */
  private static final int MOST_EXPERTS_IN_LLAMA_CPP = 512;

  private static final String TRANSFORMERS = "transformers";
  private static final String ONNX_RUNTIME = "ONNX Runtime";

  private LoadMatrix() {}

  /**
   * The verdicts for a checkpoint.
   *
   * @param complete whether every tensor that the config asks for is there in the right shape, the
   *     same number of experts in every layer, numbered from 0
   * @param experts routed experts per layer
   * @param expertsPerToken experts a token uses
   */
  public static List<Loading> of(boolean complete, int experts, int expertsPerToken) {
    List<Loading> loading = new ArrayList<>();
    loading.add(
        complete
            ? new Loading(
                TRANSFORMERS,
                Verdict.YES,
                "all tensors of the config are there, %d experts in every layer".formatted(experts))
            : incomplete(TRANSFORMERS));
    loading.add(complete ? vllm(experts, expertsPerToken) : incomplete("vLLM"));
    loading.add(complete ? sglang(experts) : incomplete("SGLang"));
    loading.add(complete ? llamaCpp(experts) : incomplete("llama.cpp"));
    loading.add(
        complete
            ? new Loading(
                ONNX_RUNTIME, Verdict.YES, "after convert --to onnx; any number of experts")
            : incomplete(ONNX_RUNTIME));
    return loading;
  }

  /**
   * The verdicts for a checkpoint of an architecture, of which serving engines run none that has an
   * encoder.
   *
   * @param complete as for other models
   * @param experts routed experts per layer
   */
  public static List<Loading> of(Architecture architecture, boolean complete, int experts) {
    List<Loading> loading = of(complete, experts, architecture.moe().routing().expertsPerToken());
    if (architecture.encoder().isEmpty() || !complete) {
      return loading;
    }
    return loading.stream()
        .map(verdict ->
            verdict.program().equals(TRANSFORMERS) || verdict.program().equals(ONNX_RUNTIME)
                ? verdict
                : new Loading(
                    verdict.program(), Verdict.NO, "no encoder-decoder models with experts"))
        .toList();
  }

  private static Loading incomplete(String program) {
    return new Loading(
        program, Verdict.NO, "tensors and config disagree; every layer needs the config's experts");
  }

  private static Loading vllm(int experts, int expertsPerToken) {
    if (experts % FUSED_KERNEL_MULTIPLE != 0 || experts > MOST_EXPERTS_IN_FUSED_KERNELS) {
      return new Loading(
          "vLLM",
          Verdict.LIMITED,
          "TensorRT-LLM kernels want a multiple of %d up to %d experts; others run"
              .formatted(FUSED_KERNEL_MULTIPLE, MOST_EXPERTS_IN_FUSED_KERNELS));
    }
    if (experts <= expertsPerToken) {
      return new Loading(
          "vLLM",
          Verdict.LIMITED,
          "TensorRT-LLM kernels want more experts than a token uses; others run");
    }
    return new Loading(
        "vLLM",
        Verdict.YES,
        "%d experts: a multiple of %d, more than a token uses; tensor parallel up to %d ways"
            .formatted(experts, FUSED_KERNEL_MULTIPLE, experts));
  }

  private static Loading sglang(int experts) {
    return new Loading(
        "SGLang",
        Verdict.YES,
        "expert parallel over any number of devices that divides %d".formatted(experts));
  }

  private static Loading llamaCpp(int experts) {
    return experts <= MOST_EXPERTS_IN_LLAMA_CPP
        ? new Loading(
            "llama.cpp",
            Verdict.YES,
            "after its own conversion to GGUF; at most %d experts"
                .formatted(MOST_EXPERTS_IN_LLAMA_CPP))
        : new Loading(
            "llama.cpp",
            Verdict.NO,
            "at most %d experts, this has %d".formatted(MOST_EXPERTS_IN_LLAMA_CPP, experts));
  }
}
