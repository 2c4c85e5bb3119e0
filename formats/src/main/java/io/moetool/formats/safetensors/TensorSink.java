package io.moetool.formats.safetensors;

import io.moetool.formats.EnvironmentException;
import io.moetool.formats.TensorContent;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.publish.MappedPages;
import io.moetool.formats.publish.Sha256;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** Takes the bytes of one tensor: counts, hashes and passes them on. */
final class TensorSink implements TensorContent.Sink {
  private final TensorInfo info;
  private final BlockOutput out;
  private final MappedPages pages;
  private final Sha256 hash = new Sha256();
  private long missing;

  TensorSink(TensorInfo info, BlockOutput out, MappedPages pages) {
    this.info = info;
    this.out = out;
    this.pages = pages;
    this.missing = info.byteSize();
  }

  @Override
  public void write(MemorySegment bytes) throws IOException {
    missing -= bytes.byteSize();
    if (missing < 0) {
      throw new IllegalStateException(
          "content of tensor %s is at least %d bytes too long".formatted(info, -missing));
    }
    try {
      hash.update(bytes);
      out.write(bytes);
      pages.passed(bytes);
    } catch (InternalError e) {
      // How the JVM reports that a page of a mapped file could not be read.
      throw new EnvironmentException(
          info.name(),
          "its source could not be read to the end",
          "check the disk, and that nothing changes the source meanwhile",
          e);
    }
  }

  /** The digest, once all bytes have come. */
  String finish() {
    if (missing > 0) {
      throw new IllegalStateException(
          "content of tensor %s is %d bytes too short".formatted(info, missing));
    }
    return hash.hex();
  }
}
