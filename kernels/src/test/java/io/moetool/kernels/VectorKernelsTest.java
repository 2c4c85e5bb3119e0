package io.moetool.kernels;

import org.junit.jupiter.api.condition.EnabledIf;

@EnabledIf("io.moetool.kernels.BestKernels#vectorModulePresent")
class VectorKernelsTest extends KernelsContract {
  VectorKernelsTest() {
    super(new VectorKernels());
  }
}
