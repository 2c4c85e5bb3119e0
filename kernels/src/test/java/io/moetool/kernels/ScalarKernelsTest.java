package io.moetool.kernels;

class ScalarKernelsTest extends KernelsContract {
  ScalarKernelsTest() {
    super(new ScalarKernels());
  }
}
