package io.moetool.formats.publish;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampledBytesTest {
  @TempDir Path folder;

  @Test
  void samplesAreTheWholeOrThreeBlocks() throws IOException {
    byte[] small = new byte[65_536];
    byte[] large = new byte[65_537];
    new SplittableRandom(5).nextBytes(small);
    new SplittableRandom(6).nextBytes(large);
    ByteArrayOutputStream sampled = new ByteArrayOutputStream();
    sampled.write(small);
    sampled.write(large, 0, 16_384);
    sampled.write(large, (65_537 - 16_384) / 2, 16_384);
    sampled.write(large, 65_537 - 16_384, 16_384);
    Sha256 hash = new Sha256();
    try (Arena arena = Arena.ofShared()) {
      MemorySegment mapped = mapped(large, arena);
      List<MemorySegment> tensors = List.of(MemorySegment.ofArray(small), mapped);
      try (SampledBytes samples = new SampledBytes(hash, tensors.iterator())) {
        samples.addNext();
        samples.addNext();
      }
    }
    assertThat(hash.hex()).isEqualTo(Sha256.of(MemorySegment.ofArray(sampled.toByteArray())));
  }

  @Test
  void moreTensorsThanAreReadAheadKeepTheirOrder() {
    Sha256 hash = new Sha256();
    byte[] all = new byte[1000];
    new SplittableRandom(8).nextBytes(all);
    MemorySegment bytes = MemorySegment.ofArray(all);
    List<MemorySegment> tensors =
        IntStream.range(0, 1000).mapToObj(i -> bytes.asSlice(i, 1)).toList();
    try (SampledBytes samples = new SampledBytes(hash, tensors.iterator())) {
      Collections.nCopies(1000, samples).forEach(SampledBytes::addNext);
    }
    assertThat(hash.hex()).isEqualTo(Sha256.of(bytes));
  }

  private MemorySegment mapped(byte[] bytes, Arena arena) throws IOException {
    Path path = Files.write(folder.resolve("in"), bytes);
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
    }
  }
}
