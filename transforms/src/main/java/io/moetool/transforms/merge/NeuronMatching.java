package io.moetool.transforms.merge;

import io.moetool.formats.Shape;
import io.moetool.formats.TensorStore;
import io.moetool.formats.family.ExpertTensors;
import io.moetool.formats.family.RoutedExpert;
import io.moetool.formats.family.TensorRole;
import io.moetool.formats.onnx.OnnxGraph;
import io.moetool.formats.onnx.OnnxType;
import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.LinearAssignment;
import io.moetool.kernels.WeightDecoder;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.ort.OrtGraph;
import io.moetool.runtime.ort.OrtInputs;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.layout.NeuronOrder;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Finds which neuron of an expert does the work of which neuron of another. A neuron is described
 * by all its weights: its rows of the first projections and its column of the last. The matching
 * with the largest sum of products of descriptions is the one with the smallest sum of squared
 * distances.
 */
final class NeuronMatching implements AutoCloseable {
  private static final String LEADER = "leader";
  private static final String MEMBER = "member";
  private static final String COSTS = "costs";

  private final TensorStore store;
  private final ExpertTensors tensors;
  private final RoutedExpert expert;
  private final OrtGraph products;
  private final int firstLayer;
  private final Arena arena = Arena.ofShared();
  private final Queue<Memory> idle = new ConcurrentLinkedQueue<>();

  /** What one comparison needs; filled again by the next one, as fresh memory costs a sixth. */
  private final class Memory {
    private final FloatMatrix leader = FloatMatrix.allocate(arena, expert.width(), weights());
    private final FloatMatrix member = FloatMatrix.allocate(arena, expert.width(), weights());
    private final FloatMatrix costs = FloatMatrix.allocate(arena, expert.width(), expert.width());
  }

  NeuronMatching(SourceModel source, OrtEngine engine) {
    store = source.tensors();
    tensors = new ExpertTensors(source.architecture().names());
    expert = source.architecture().moe().expert();
    firstLayer = source.architecture().moe().layers().getFirst();
    products = engine.graph(negativeProducts());
  }

  /** {@code -leader member^T}. */
  private static byte[] negativeProducts() {
    OnnxGraph graph = new OnnxGraph("matching");
    String leader = graph.input(LEADER, OnnxType.FLOAT, "neurons", "weights");
    String member = graph.input(MEMBER, OnnxType.FLOAT, "neurons", "weights");
    String costs = graph.node("Gemm", leader, member).with("transB", 1).with("alpha", -1f).output();
    graph.output(costs, COSTS, OnnxType.FLOAT, "neurons", "neurons");
    return graph.toModel("moetool", "", Map.of());
  }

  /** For each neuron of {@code leader} the neuron of {@code member} that matches it. */
  int[] match(int layer, int leader, int member) {
    return borrowing(memory -> {
      describe(memory.leader, layer, leader);
      describe(memory.member, layer, member);
      return LinearAssignment.of(costs(memory));
    });
  }

  /**
   * For each neuron of {@code leader} those of {@code member} whose weights correlate with its own
   * more than with those of any other neuron of the leader, ascending; it may be none or several.
   */
  int[][] nearest(int layer, int leader, int member) {
    return borrowing(memory -> {
      standardise(describe(memory.leader, layer, leader));
      standardise(describe(memory.member, layer, member));
      return nearest(costs(memory));
    });
  }

  /**
   * Which neurons of several experts become one: by expert, in the order given, and by neuron of
   * the result, the expert's neurons that join; none or several.
   */
  List<int[][]> zipped(int layer, List<Integer> experts) {
    int width = expert.width();
    try (Arena own = Arena.ofConfined()) {
      int all = experts.size() * width;
      FloatMatrix correlations = FloatMatrix.allocate(own, all, all);
      int[][] groups =
          borrowing(memory -> {
            for (int i = 0; i < experts.size(); i++) {
              standardise(describe(memory.leader, layer, experts.get(i)));
              for (int j = i; j < experts.size(); j++) {
                standardise(describe(memory.member, layer, experts.get(j)));
                fill(correlations, i * width, j * width, costs(memory));
              }
            }
            return NeuronZip.groups(correlations, width);
          });
      return IntStream.range(0, experts.size()).mapToObj(i -> part(groups, i * width)).toList();
    }
  }

  /** The correlations of two experts, as costs have them, on both sides of the diagonal. */
  private static void fill(FloatMatrix correlations, int row, int column, FloatMatrix costs) {
    for (int i = 0; i < costs.rows(); i++) {
      for (int j = 0; j < costs.columns(); j++) {
        correlations.set(row + i, column + j, -costs.get(i, j));
        correlations.set(column + j, row + i, -costs.get(i, j));
      }
    }
  }

  /** Of each group the neurons of one expert, whose first has the number {@code first}. */
  private int[][] part(int[][] groups, int first) {
    return Stream.of(groups)
        .map(group ->
            IntStream.of(group)
                .filter(neuron -> neuron >= first && neuron < first + expert.width())
                .map(neuron -> neuron - first)
                .toArray())
        .toArray(int[][]::new);
  }

  private static int[][] nearest(FloatMatrix costs) {
    List<List<Integer>> joined = new ArrayList<>();
    IntStream.range(0, costs.rows()).forEach(_ -> joined.add(new ArrayList<>()));
    for (int neuron = 0; neuron < costs.columns(); neuron++) {
      int best = 0;
      for (int i = 1; i < costs.rows(); i++) {
        best = costs.get(i, neuron) < costs.get(best, neuron) ? i : best;
      }
      joined.get(best).add(neuron);
    }
    return joined.stream()
        .map(neurons -> neurons.stream().mapToInt(Integer::intValue).toArray())
        .toArray(int[][]::new);
  }

  private <R> R borrowing(Function<Memory, R> work) {
    Memory memory = Objects.requireNonNullElseGet(idle.poll(), Memory::new);
    try {
      return work.apply(memory);
    } finally {
      idle.add(memory);
    }
  }

  /** Products of what is described, times -1. */
  private FloatMatrix costs(Memory memory) {
    try (OrtInputs inputs = products.inputs();
        OrtInputs results = products.inputs()) {
      inputs.with(LEADER, memory.leader).with(MEMBER, memory.member);
      products.run(inputs, results.with(COSTS, memory.costs));
      return memory.costs;
    }
  }

  /** Rows with mean 0 and length 1, whose products are correlations; constant ones become 0. */
  private static void standardise(FloatMatrix rows) {
    for (int row = 0; row < rows.rows(); row++) {
      float[] values = rows.rowToArray(row);
      double mean = 0;
      for (float value : values) {
        mean += value;
      }
      mean /= values.length;
      double squares = 0;
      for (float value : values) {
        squares += (value - mean) * (value - mean);
      }
      double length = Math.sqrt(squares);
      for (int i = 0; i < values.length; i++) {
        values[i] = length == 0 ? 0 : (float) ((values[i] - mean) / length);
      }
      rows.setRow(row, values);
    }
  }

  /** All weights of every neuron, {@code [I, 3 H]}. */
  private FloatMatrix describe(FloatMatrix described, int layer, int index) {
    long at = 0;
    for (TensorRole role : tensors.roles()) {
      NeuronOrder order = NeuronOrder.of(expert, role, false);
      try (Arena decoded = Arena.ofConfined()) {
        FloatMatrix stored = WeightDecoder.decode(decoded, tensors.view(store, role, layer, index));
        FloatMatrix rows =
            order.side() == NeuronOrder.Side.ROWS ? stored : stored.transposed(decoded);
        long bytes = rows.row(0).byteSize();
        for (int part = 0; part < order.parts(); part++) {
          for (int neuron = 0; neuron < expert.width(); neuron++) {
            MemorySegment weights = rows.row(order.index(neuron, part));
            MemorySegment.copy(weights, 0, described.row(neuron), at, bytes);
          }
          at += bytes;
        }
      }
    }
    return described;
  }

  /** Weights of a neuron, 3 H. */
  private int weights() {
    int weights = 0;
    for (TensorRole role : tensors.roles()) {
      NeuronOrder order = NeuronOrder.of(expert, role, false);
      Shape shape = tensors.layout(store, role, firstLayer, 0).shape();
      weights +=
          order.parts() * Math.toIntExact(shape.dim(order.side() == NeuronOrder.Side.ROWS ? 1 : 0));
    }
    return weights;
  }

  @Override
  public void close() {
    products.close();
    arena.close();
  }
}
