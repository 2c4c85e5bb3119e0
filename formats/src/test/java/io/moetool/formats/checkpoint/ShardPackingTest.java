package io.moetool.formats.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.OutputTensor;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ShardPackingTest {
  @Test
  void shardsAreFilledInOrderUpToTheLimit() {
    // 4+4 fill a shard exactly, 5 leaves no room for 4, 9 gets a shard of its own.
    assertThat(sizes(8, 4, 4, 5, 4, 0, 9, 1))
        .containsExactly(List.of(4, 4), List.of(5), List.of(4, 0), List.of(9), List.of(1));
  }

  @Test
  void nothingNeedsNoShard() {
    assertThat(ShardPacking.greedy(List.of(), 8)).isEmpty();
  }

  @Test
  void aLimitOfNothingIsAMistakeOfTheCaller() {
    assertThatThrownBy(() -> ShardPacking.greedy(List.of(), 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("shards of 0 bytes");
  }

  @Test
  void filesOfOneTotalAreCountedFromOneWithFiveDigits() {
    assertThat(ShardNames.of(1)).containsExactly("model.safetensors");
    assertThat(ShardNames.of(12))
        .hasSize(12)
        .startsWith("model-00001-of-00012.safetensors")
        .endsWith("model-00012-of-00012.safetensors");
  }

  private static List<List<Integer>> sizes(long maxBytes, int... tensorBytes) {
    Stream<OutputTensor> tensors =
        IntStream.range(0, tensorBytes.length)
            .mapToObj(i -> Tensors.filled("t" + i, tensorBytes[i], 0));
    return ShardPacking.greedy(tensors.toList(), maxBytes).stream()
        .map(shard -> shard.stream().map(tensor -> (int) tensor.info().byteSize()).toList())
        .toList();
  }
}
