package io.moetool.cli;

import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Where and how exactly a model is computed. */
final class RunOptions {
  /** Arithmetic of the large products. */
  enum Compute {
    AUTO,
    FLOAT32,
    BFLOAT16
  }

  @Option(
      names = "--device",
      paramLabel = "auto|cpu|cuda",
      description = "Run on this device (default: auto, which is cuda where it works).")
  private Optional<Device> device = Optional.empty();

  @Option(
      names = "--compute",
      paramLabel = "auto|float32|bfloat16",
      description = "Compute in this type (default: auto).")
  private Optional<Compute> compute = Optional.empty();

  /** Refuses these options where no model is run. */
  void refuseWithoutData(CommonOptions common) {
    if (device.isPresent()) {
      throw common.usage("--device has no effect without --data");
    }
    if (compute.isPresent()) {
      throw common.usage("--compute has no effect without --data");
    }
  }

  /** ONNX Runtime as asked for. */
  OrtEngine open(CommonOptions common) {
    if (compute.orElse(Compute.AUTO) == Compute.BFLOAT16) {
      throw common.usage(
          "--compute bfloat16 needs a backend that this version does not have; use float32");
    }
    OrtEngine engine = OrtEngine.open(device.orElse(Device.AUTO));
    engine
        .refusal()
        .ifPresent(why ->
            common
                .console()
                .warn("the cpu computes although this build can use cuda, because " + why));
    return engine;
  }
}
