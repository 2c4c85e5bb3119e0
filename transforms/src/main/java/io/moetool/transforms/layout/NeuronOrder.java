package io.moetool.transforms.layout;

import io.moetool.formats.family.RoutedExpert;
import io.moetool.formats.family.StackLayout;
import io.moetool.formats.family.TensorRole;
import java.util.stream.IntStream;

/**
 * Where the neurons of an expert lie in one of its stored matrices: a neuron is one output of the
 * first projections and the input of the last that takes it. Reordering all matrices of an expert
 * in the same way leaves its function as it is.
 *
 * @param side along which axis they lie
 * @param parts values of a neuron along that axis: 2 where gate and up projection share a tensor
 * @param interleaved whether a neuron's values lie side by side, instead of all of one kind before
 *     all of the other
 * @param width number of neurons, I
 */
public record NeuronOrder(Side side, int parts, boolean interleaved, int width) {
  /** An axis of a matrix. */
  public enum Side {
    ROWS,
    COLUMNS,
    /** The tensor holds nothing by neuron. */
    NONE
  }

  /** The order in a weight or bias of this role; a bias is a column. */
  public static NeuronOrder of(RoutedExpert expert, TensorRole role, boolean bias) {
    StackLayout stack = expert.stack();
    return switch (role) {
      case EXPERT_GATE, EXPERT_UP -> new NeuronOrder(Side.ROWS, 1, false, expert.width());
      case EXPERT_DOWN ->
          new NeuronOrder(bias ? Side.NONE : Side.COLUMNS, 1, false, expert.width());
      case EXPERTS_GATE_UP ->
          new NeuronOrder(
              stack.transposed() && !bias ? Side.COLUMNS : Side.ROWS,
              2,
              stack.interleaved(),
              expert.width());
      case EXPERTS_DOWN ->
          new NeuronOrder(
              bias ? Side.NONE : stack.transposed() ? Side.ROWS : Side.COLUMNS,
              1,
              false,
              expert.width());
      default -> new NeuronOrder(Side.NONE, 1, false, expert.width());
    };
  }

  /** Index along the axis of a value of a neuron. */
  public int index(int neuron, int part) {
    return interleaved ? neuron * parts + part : part * width + neuron;
  }

  /**
   * Indices along the axis of all values of some neurons, ascending if they are.
   *
   * @param neurons of the expert
   */
  int[] indices(int... neurons) {
    return interleaved
        ? IntStream.of(neurons)
            .flatMap(neuron -> IntStream.range(0, parts).map(part -> index(neuron, part)))
            .toArray()
        : IntStream.range(0, parts)
            .flatMap(part -> IntStream.of(neurons).map(neuron -> index(neuron, part)))
            .toArray();
  }

  /** Which neuron the value at {@code index} is of. */
  public int neuron(int index) {
    return interleaved ? index / parts : index % width;
  }

  /** Which of its neuron's values the one at {@code index} is. */
  public int part(int index) {
    return interleaved ? index % parts : index / width;
  }
}
