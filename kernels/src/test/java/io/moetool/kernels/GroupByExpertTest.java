package io.moetool.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GroupByExpertTest {
  static LongStream seeds() {
    return LongStream.rangeClosed(1, Long.getLong("moetool.cases", 50));
  }

  private static IntMatrix selected(int[]... rows) {
    return IntMatrix.copyOf(Arena.ofAuto(), rows);
  }

  @Test
  void pairsOfAnExpertAreInOrderOfTokens() {
    GroupByExpert groups =
        GroupByExpert.of(selected(new int[] {2, 0}, new int[] {0, 3}, new int[] {3, 0}), 5);
    assertThat(groups.count(0)).isEqualTo(3);
    assertThat(new int[] {groups.token(0, 0), groups.token(0, 1), groups.token(0, 2)})
        .containsExactly(0, 1, 2);
    assertThat(new int[] {groups.slot(0, 0), groups.slot(0, 1), groups.slot(0, 2)})
        .containsExactly(1, 0, 1);
    assertThat(groups.slotRow(0, 2)).isEqualTo(5);
    assertThat(groups.count(1)).isZero();
    assertThat(groups.start(3)).isEqualTo(4);
    assertThat(groups.count(4)).isZero();
    assertThat(groups.pairs()).isEqualTo(6);
    assertThat(groups.slotsPerToken()).isEqualTo(2);
    assertThatThrownBy(() -> groups.token(2, 1)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void noTokensMakeEmptyGroups() {
    GroupByExpert groups = GroupByExpert.of(IntMatrix.allocate(Arena.ofAuto(), 0, 2), 3);
    assertThat(groups.experts()).isEqualTo(3);
    assertThat(groups.pairs()).isZero();
    assertThat(groups.count(2)).isZero();
  }

  @Test
  void expertsThatDoNotExistAreRefused() {
    assertThatThrownBy(() -> GroupByExpert.of(selected(new int[] {0, 1}, new int[] {2, 0}), 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("token 1, slot 0: expert 2 of 2");
    assertThatThrownBy(() -> GroupByExpert.of(selected(new int[] {-1}), 2))
        .hasMessage("token 0, slot 0: expert -1 of 2");
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void gatherThenScatterBringsEveryTokenToAllItsSlots(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int tokens = random.nextInt(20);
    int experts = 1 + random.nextInt(6);
    IntMatrix selected = IntMatrix.allocate(Arena.ofAuto(), tokens, 2);
    FloatMatrix x = Rows.zeros(tokens, 3);
    for (int token = 0; token < tokens; token++) {
      selected.setRow(token, new int[] {random.nextInt(experts), random.nextInt(experts)});
      x.setRow(token, Rows.random(seed + token, 3));
    }
    GroupByExpert groups = GroupByExpert.of(selected, experts);
    FloatMatrix slotRows = Rows.zeros(tokens * 2, 3);
    for (int expert = 0; expert < experts; expert++) {
      FloatMatrix rows = Rows.zeros(groups.count(expert), 3);
      GatherRows.of(x, groups, expert, rows);
      ScatterRows.of(rows, groups, expert, slotRows);
    }
    for (int row = 0; row < tokens * 2; row++) {
      assertThat(slotRows.rowToArray(row)).isEqualTo(x.rowToArray(row / 2));
    }
  }

  @Test
  void buffersOfOtherShapesAreRefused() {
    GroupByExpert groups = GroupByExpert.of(selected(new int[] {0}, new int[] {0}), 1);
    assertThatThrownBy(() -> GatherRows.of(Rows.zeros(2, 3), groups, 0, Rows.zeros(1, 3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("rows for expert 0 are gathered into float32[1,3], expected [2,3]");
    assertThatThrownBy(() -> ScatterRows.of(Rows.zeros(2, 3), groups, 0, Rows.zeros(3, 3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "rows of expert 0, float32[2,3], are scattered into float32[3,3], expected [2,3] into"
                + " [2,3]");
  }
}
