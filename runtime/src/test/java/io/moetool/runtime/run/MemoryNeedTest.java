package io.moetool.runtime.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import io.moetool.formats.publish.MappedPages;
import io.moetool.kernels.FloatMatrix;
import io.moetool.runtime.text.SequenceData;
import io.moetool.runtime.text.TokenSequence;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryNeedTest {
  @TempDir private Path folder;

  private static SequenceData data(int sequences, int length) {
    List<TokenSequence> rows = new ArrayList<>();
    for (int i = 0; i < sequences; i++) {
      rows.add(new TokenSequence("all", new int[length]));
    }
    return new SequenceData(rows);
  }

  private static MemoryNeed need(GoldenModel golden, SequenceData data, int threads) {
    return new MemoryNeed(golden.store(), golden.architecture(), data, Taps.NONE, threads, false);
  }

  /** H 32, E 8, K 3: two rows of H, two of E, two of K and K outputs of H, in float32. */
  @Test
  void aTokenOfATileTakesWhatItsRowsTake() {
    try (GoldenModel golden = GoldenModel.open("qwen3-moe")) {
      assertThat(TileBuffers.bytes(golden.architecture())).isEqualTo(4 * (64 + 16 + 6 + 96));
    }
  }

  /**
   * Hidden states are 10,000 tokens of 32 float32; token ids are counted with half as much slack.
   */
  @Test
  void onDiskHiddenStatesTakeNoMemory() {
    try (GoldenModel golden = GoldenModel.open("qwen3-moe")) {
      MemoryNeed some = need(golden, data(500, 20), 1);
      assertThat(some.least(false) - some.least(true)).isEqualTo(10_000 * 32 * 4);
      MemoryNeed more = need(golden, data(1000, 20), 1);
      assertThat(more.least(true) - some.least(true)).isEqualTo((10_000 * 8 + 500 * 200) * 3 / 2);
    }
  }

  /**
   * The head is V rows of H and a norm of H, in float32, twice, and once a thread; a thread's block
   * is 256 tokens at most, three times V and three times H wide.
   */
  @Test
  void predictingTakesTheHeadAndABlockOfLogitsAThread() {
    try (GoldenModel golden = GoldenModel.open("qwen3-moe")) {
      long vocabulary = golden.architecture().vocabulary();
      long head = 4 * 32 * (vocabulary + 1);
      assertThat(MemoryNeed.headBytes(golden.store(), golden.architecture(), 20, 3))
          .isEqualTo(5 * head + 3 * 20 * 4 * 3 * (vocabulary + 32));
      assertThat(MemoryNeed.headBytes(golden.store(), golden.architecture(), 1000, 1))
          .isEqualTo(3 * head + 256 * 4 * 3 * (vocabulary + 32));
    }
  }

  @Test
  void moreThreadsAndLongerSequencesTakeMore() {
    try (GoldenModel golden = GoldenModel.open("qwen3-moe")) {
      long one = need(golden, data(1, 20), 1).least(true);
      assertThat(need(golden, data(1, 20), 2).least(true)).isGreaterThan(one);
      assertThat(need(golden, data(1, 40), 1).least(true)).isGreaterThan(one);
    }
  }

  @Test
  void theSmallestLimitThatIsNamedIsNotRefused() {
    try (GoldenModel golden = GoldenModel.open("qwen3-moe")) {
      MemoryNeed need = need(golden, data(500, 20), 1);
      assertThatThrownBy(() -> MemoryPlan.within(1_000_000, need))
          .isInstanceOf(BadInputException.class)
          .hasMessageStartingWith("--memory-limit 1MB: too small for this model and data");
      long least = Math.ceilDiv(need.least(true), 1_000_000L) * 1_000_000;
      assertThatThrownBy(() -> MemoryPlan.within(1_000_000, need))
          .hasMessageContaining("give at least --memory-limit %dMB".formatted(least / 1_000_000));

      MemoryPlan plan = MemoryPlan.within(least, need);

      assertThat(plan.onDisk()).isTrue();
      assertThat(plan.rows()).isGreaterThanOrEqualTo(20);
      assertThat(MemoryPlan.within(least + 2_000_000, need).onDisk()).isFalse();
    }
  }

  @Test
  void aStateFileHasNoNameAndHoldsWhatIsWritten() {
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix states = StateFile.create(arena, folder, 1000, 700);
      states.set(999, 699, 5);
      MappedPages.release(states.segment());

      assertThat(states.get(999, 699)).isEqualTo(5);
      assertThat(states.get(0, 0)).isZero();
      assertThat(folder).isEmptyDirectory();
    }
  }
}
