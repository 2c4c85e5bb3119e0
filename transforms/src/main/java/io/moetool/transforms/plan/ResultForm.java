package io.moetool.transforms.plan;

import io.moetool.analyzers.inspect.Loading;
import java.util.List;
import java.util.Locale;

/** What a plan is to be carried out as. */
public enum ResultForm {
  /** A checkpoint, which has one number of experts for all layers and a router row for each. */
  SAFETENSORS,
  /** An ONNX model, whose layers may have different numbers of experts. */
  ONNX;

  /** How a plan is carried out that no checkpoint can hold. */
  static final String CONVERT =
      "make an ONNX model of it: moetool convert MODEL --plan plan.json --to onnx";

  /** Where ONNX models load. */
  static final List<Loading> ONNX_RUNTIME =
      List.of(
          new Loading(
              "ONNX Runtime",
              Loading.Verdict.YES,
              "any number of experts, and as an ONNX model alone"));

  /** Name on the command line. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
