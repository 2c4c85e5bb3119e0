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
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WeightedMeanTest {
  @Test
  void threeToOneOfTwoAndSixIsThree() {
    MergeGroup group = MergeGroup.of(0, List.of(0, 1), new double[] {3, 1});
    assertThat(group.weights()).containsExactly(0.75, 0.25);
    assertThat(
            mean(
                NeuronOrder.Side.NONE,
                group.weights(),
                IntUnaryOperator.identity(),
                new float[] {2},
                new float[] {6}))
        .containsExactly(3);
  }

  @Test
  void expertsThatNobodyUsedCountAlike() {
    MergeGroup group = MergeGroup.of(4, List.of(2, 4, 5), new double[6]);
    assertThat(group.weights()).allSatisfy(w -> assertThat(w).isCloseTo(1.0 / 3, within(1e-15)));
  }

  @Test
  void rowsAndColumnsOfAMemberAreTakenFromWhereItsNeuronsAre() {
    float[] leader = {0, 0, 0, 0};
    float[] member = {1, 2, 3, 4};
    assertThat(
            mean(
                NeuronOrder.Side.ROWS,
                List.of(0.0, 1.0),
                WeightedMeanTest::swapped,
                leader,
                member))
        .containsExactly(3, 4, 1, 2);
    assertThat(
            mean(
                NeuronOrder.Side.COLUMNS,
                List.of(0.0, 1.0),
                WeightedMeanTest::swapped,
                leader,
                member))
        .containsExactly(2, 1, 4, 3);
  }

  @Test
  void theSumIsRoundedOnce() {
    // float32 would lose 1 beside 2^24 in either order
    assertThat(
            mean(
                NeuronOrder.Side.NONE,
                List.of(1.0, 1.0),
                IntUnaryOperator.identity(),
                new float[] {1 << 24},
                new float[] {3}))
        .containsExactly((1 << 24) + 4);
  }

  @Test
  void neuronsOfAStackLieInHalvesOrInPairs() {
    NeuronOrder halves = new NeuronOrder(NeuronOrder.Side.ROWS, 2, false, 3);
    NeuronOrder pairs = new NeuronOrder(NeuronOrder.Side.ROWS, 2, true, 3);
    assertThat(new int[] {halves.index(1, 0), halves.index(1, 1)}).containsExactly(1, 4);
    assertThat(new int[] {pairs.index(1, 0), pairs.index(1, 1)}).containsExactly(2, 3);
    assertThat(IntStream.range(0, 6).map(halves::neuron)).containsExactly(0, 1, 2, 0, 1, 2);
    assertThat(IntStream.range(0, 6).map(halves::part)).containsExactly(0, 0, 0, 1, 1, 1);
    assertThat(IntStream.range(0, 6).map(pairs::neuron)).containsExactly(0, 0, 1, 1, 2, 2);
    assertThat(IntStream.range(0, 6).map(pairs::part)).containsExactly(0, 1, 0, 1, 0, 1);
  }

  private static int swapped(int index) {
    return 1 - index;
  }

  /** Of two matrices of two columns, or single values. */
  private static float[] mean(
      NeuronOrder.Side side,
      List<Double> weights,
      IntUnaryOperator member,
      float[] first,
      float[] second) {
    Shape shape = first.length == 1 ? Shape.of(1) : Shape.of(first.length / 2, 2);
    try (Arena arena = Arena.ofShared();
        WorkPool pool = new WorkPool(2)) {
      return new WeightedMean(DType.F32, shape, side)
          .of(
              arena,
              List.of(
                  WeightedMean.Term.of(
                      MemorySegment.ofArray(first), weights.get(0), IntUnaryOperator.identity()),
                  WeightedMean.Term.of(MemorySegment.ofArray(second), weights.get(1), member)),
              pool)
          .toArray(ValueLayout.JAVA_FLOAT);
    }
  }
}
