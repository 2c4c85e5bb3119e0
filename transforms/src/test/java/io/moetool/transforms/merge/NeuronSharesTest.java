package io.moetool.transforms.merge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.moetool.formats.DType;
import io.moetool.formats.Shape;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.layout.NeuronOrder;
import io.moetool.transforms.plan.MergeGroup;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Both neurons of the member join the first of the leader; weights are 1 to 3. */
class NeuronSharesTest {
  private static final MergeGroup GROUP = new MergeGroup(0, List.of(0, 1), List.of(.25, .75));
  private static final List<int[][]> MATCHED =
      List.of(new int[][] {{0}, {1}}, new int[][] {{0, 1}, {}});

  @Test
  void firstProjectionsAreMeansOfAllThatJoined() {
    // (.25 · 1 + .75 · (5 + 9)) / (.25 + 2 · .75); the leader's second neuron stays as it is
    assertThat(merged(NeuronOrder.Side.ROWS, true, Shape.of(2, 1)))
        .containsExactly(new float[] {10.75f / 1.75f, 2}, within(1e-6f));
  }

  @Test
  void lastProjectionsAreSums() {
    assertThat(merged(NeuronOrder.Side.COLUMNS, false, Shape.of(1, 2)))
        .containsExactly(.25f * 1 + .75f * (5 + 9), .25f * 2);
  }

  @Test
  void whatHasNoNeuronsIsAMean() {
    assertThat(merged(NeuronOrder.Side.NONE, false, Shape.of(2)))
        .containsExactly(.25f * 1 + .75f * 5, .25f * 2 + .75f * 9);
  }

  @Test
  void onesThatCountForNothingAreMeansAlike() {
    NeuronShares shares =
        new NeuronShares(
            new NeuronOrder(NeuronOrder.Side.ROWS, 1, false, 2),
            true,
            new MergeGroup(0, List.of(0, 1), List.of(0., 1.)),
            MATCHED);
    assertThat(shares.of(0).weight(1)).isEqualTo(1);
    assertThat(shares.of(0).weight(0)).isZero();
    assertThat(shares.of(1).weight(0)).isEqualTo(.5);
  }

  private static float[] merged(NeuronOrder.Side side, boolean means, Shape shape) {
    NeuronShares shares =
        new NeuronShares(new NeuronOrder(side, 1, false, 2), means, GROUP, MATCHED);
    try (Arena arena = Arena.ofShared();
        WorkPool pool = new WorkPool(1)) {
      return new WeightedMean(DType.F32, shape, side)
          .of(
              arena,
              List.of(
                  new WeightedMean.Term(MemorySegment.ofArray(new float[] {1, 2}), shares.of(0)),
                  new WeightedMean.Term(MemorySegment.ofArray(new float[] {5, 9}), shares.of(1))),
              pool)
          .toArray(ValueLayout.JAVA_FLOAT);
    }
  }
}
