package io.moetool.kernels;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** Chooses the implementation of {@link Kernels} once, when it is first needed. */
final class BestKernels {
  static final Kernels INSTANCE = choose();

  private BestKernels() {}

  /** Whether this JVM was started with the vector module. */
  static boolean vectorModulePresent() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
  }

  private static Kernels choose() {
    Logger logger = System.getLogger(BestKernels.class.getName());
    if (!vectorModulePresent()) {
      logger.log(
          Level.DEBUG,
          "scalar kernels in use: start java with --add-modules jdk.incubator.vector for speed");
      return new ScalarKernels();
    }
    // Behind its own method, so that nothing resolves the vector classes where the module is
    // absent.
    return vectorKernelsOr(logger);
  }

  private static Kernels vectorKernelsOr(Logger logger) {
    if (!VectorKernels.supported()) {
      logger.log(
          Level.DEBUG, "scalar kernels in use: vectors of this CPU are shorter than 128 bits");
      return new ScalarKernels();
    }
    return new VectorKernels();
  }
}
