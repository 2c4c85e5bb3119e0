package io.moetool.runtime.run;

/**
 * Has the JVM collect its heap when it has grown beyond what a run may take. The JVM itself would
 * rather take more memory than collect, up to half of what the machine has.
 */
final class HeapAllowance {
  private long bytes;

  HeapAllowance(long bytes) {
    this.bytes = bytes;
  }

  /** To be asked at every place where much has become garbage. */
  void keep() {
    Runtime jvm = Runtime.getRuntime();
    if (jvm.totalMemory() > bytes) {
      System.gc();
      // What is still there is needed: to ask again soon would only cost time.
      bytes = Math.max(bytes, jvm.totalMemory() + jvm.totalMemory() / 4);
    }
  }
}
