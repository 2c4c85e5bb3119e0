package io.moetool.formats.onnx;

import io.moetool.formats.onnx.OnnxMoeLayer.Change;
import io.moetool.formats.onnx.OnnxMoeLayer.Cut;
import io.moetool.formats.onnx.OnnxMoeLayer.Router;
import io.moetool.formats.onnx.proto.NodeProto;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * The way back from what experts are chosen by to the matrix of the router. All tensors met on the
 * way that have an entry for every expert are noted, to be cut with the experts.
 */
final class RouterTrace {
  /** Operators whose result has experts on its last axis, or one entry, as their operands have. */
  private static final Set<String> ENTRY_BY_ENTRY =
      Set.of(
          "Add",
          "Sub",
          "Mul",
          "Div",
          "Pow",
          "Min",
          "Max",
          "Where",
          "Greater",
          "GreaterOrEqual",
          "Less",
          "LessOrEqual",
          "And",
          "Or",
          "Not",
          "Cast",
          "Identity",
          "Softmax",
          "LogSoftmax",
          "Sigmoid",
          "Softplus",
          "Sqrt",
          "Exp",
          "Log",
          "Neg",
          "Abs",
          "Tanh",
          "Relu",
          "Clip",
          "IsNaN",
          "IsInf",
          "Dropout");

  /** Operators that count along, choose by or add up over an axis that their inputs say. */
  private static final Set<String> OVER_AXES =
      Set.of(
          "CumSum",
          "TopK",
          "GatherElements",
          "ScatterElements",
          "ReduceSum",
          "ReduceMax",
          "ReduceMean",
          "ReduceMin",
          "Unsqueeze",
          "Squeeze",
          "Shape",
          "Transpose");

  private final GraphIndex graph;
  private final int experts;

  /** Entries a token on the way so far: experts, or the rows of the router that lead to them. */
  private int entries;

  private final Deque<String> open = new ArrayDeque<>();
  private final Set<String> values = new HashSet<>();
  private final Set<Integer> nodes = new HashSet<>();
  private final List<Cut> cuts = new ArrayList<>();
  private Optional<Router> router = Optional.empty();
  private Optional<String> obstacle = Optional.empty();
  private int groups = 1;

  /** Whether groups of experts are ranked before experts are, even if there is only one. */
  private boolean ranksGroups;

  /** How many each choice on the way takes, the nearest first. */
  private final List<Integer> choices = new ArrayList<>();

  /**
   * A trace of one layer's router.
   *
   * @param experts number of experts, E
   */
  RouterTrace(GraphIndex graph, int experts) {
    this.graph = graph;
    this.experts = experts;
    this.entries = experts;
  }

  /** Follows a value back. */
  RouterTrace follow(String value) {
    open.add(value);
    while (!open.isEmpty()) {
      step(open.remove());
    }
    if (router.isEmpty()) {
      block(
          "no product with a stored matrix of %d experts yields the router logits"
              .formatted(experts));
    }
    return this;
  }

  /**
   * Entries are gathered by numbers of experts; both have to be cut, so that the numbers fit.
   * Exporters weigh the experts of a choice so.
   */
  private void followGathered() {
    Deque<String> unseen = new ArrayDeque<>(values);
    while (!unseen.isEmpty()) {
      Set<String> before = Set.copyOf(values);
      for (GraphIndex.Use use : graph.uses(unseen.remove())) {
        if (graph.node(use.node()).getOpType().equals("GatherElements") && nodes.add(use.node())) {
          overAxes(graph.node(use.node()));
          while (!open.isEmpty()) {
            step(open.remove());
          }
        }
      }
      values.stream().filter(value -> !before.contains(value)).forEach(unseen::add);
    }
  }

  /** Makes sure that nothing but the given nodes uses what has an entry for every expert. */
  void requireNoOtherUse(Set<Integer> users) {
    followGathered();
    for (String value : values) {
      if (graph.isOutput(value)) {
        block("'%s' is an output of the graph".formatted(value));
      }
      for (GraphIndex.Use use : graph.uses(value)) {
        if (!nodes.contains(use.node())
            && !users.contains(use.node())
            && !isReduction(use)
            && !isFilledByAnother(value, use)) {
          block("'%s' is also used by %s".formatted(value, named(graph.node(use.node()))));
        }
      }
    }
  }

  /** The router's matrix, if the way led there. */
  Optional<Router> router() {
    return router;
  }

  /** What has to be cut with the experts. */
  List<Cut> cuts() {
    return cuts;
  }

  /** Why the router cannot be cut. */
  Optional<String> obstacle() {
    return obstacle;
  }

  /** Groups that the router divides the experts into. */
  int groups() {
    return groups;
  }

  /**
   * Experts that a token uses: what the last choice takes, or, where nothing chooses among groups
   * before, what all of them take, one after the other; empty if the graph chooses nothing.
   */
  OptionalInt chosen() {
    if (choices.isEmpty()) {
      return OptionalInt.empty();
    }
    int all = choices.stream().mapToInt(Integer::intValue).sum();
    return OptionalInt.of(Math.min(entries, ranksGroups ? choices.getFirst() : all));
  }

  private void step(String value) {
    Optional<Integer> producer = graph.producer(value);
    if (producer.isEmpty()) {
      if (!value.isEmpty() && graph.tensor(value).isEmpty()) {
        block("it depends on the graph's input '%s'".formatted(value));
      }
      return;
    }
    values.add(value);
    int node = producer.get();
    if (!nodes.add(node)) {
      return;
    }
    NodeProto proto = graph.node(node);
    switch (proto.getDomain().isEmpty() ? proto.getOpType() : "") {
      case "MatMul" -> product(node, proto, false);
      case "Gemm" -> product(node, proto, GraphIndex.integer(proto, "transB", 0) != 0);
      case "Reshape" -> reshape(node, proto);
      case "OneHot" -> oneHot(node, proto);
      case "Equal" -> equal(node, proto);
      case "ConstantOfShape" -> extents(node, 0);
      case "Expand" -> {
        open.addAll(computed(proto.getInput(0)));
        extents(node, 1);
      }
      case String operator when ENTRY_BY_ENTRY.contains(operator) -> entries(node, proto);
      case String operator when OVER_AXES.contains(operator) -> overAxes(proto);
      default -> block("it is computed by %s, which is not known here".formatted(named(proto)));
    }
  }

  private void product(int node, NodeProto proto, boolean transposed) {
    Optional<long[]> map = map(proto);
    if (map.isPresent()) {
      block("its %d rows lead to %d experts by a map".formatted(map.get().length, experts));
      entries = map.get().length;
      open.add(proto.getInput(0));
      return;
    }
    Optional<StoredWeightUse> weight = StoredWeightUse.of(graph, node, 1);
    if (weight.isEmpty()) {
      block("%s multiplies by no stored matrix".formatted(named(proto)));
      return;
    }
    OnnxTensor tensor = weight.get().tensor();
    int axis = transposed != weight.get().transposed() ? 0 : 1;
    if (tensor.shape().rank() != 2 || tensor.shape().dim(axis) != entries) {
      block(
          "%s multiplies by %s%s, not by a matrix for %d experts"
              .formatted(named(proto), tensor.name(), tensor.shape(), entries));
      return;
    }
    if (router.isPresent() && !router.get().name().equals(tensor.name())) {
      block("more than one product yields router logits");
    }
    router = Optional.of(new Router(tensor.name(), tensor.shape(), axis));
    cuts.add(weight.get().cut(axis));
    if (proto.getOpType().equals("Gemm") && proto.getInputCount() > 2) {
      operand(node, 2);
    }
  }

  /** For each of the entries that a product takes the one it adds it to. */
  private Optional<long[]> map(NodeProto product) {
    return Optional.of(GraphIndex.input(product, 1))
        .flatMap(graph::producer)
        .map(graph::node)
        .filter(node -> node.getOpType().equals("OneHot"))
        .flatMap(node -> graph.integers(GraphIndex.input(node, 0)))
        .filter(map -> Arrays.stream(map).allMatch(to -> to >= 0 && to < experts));
  }

  /** Numbers of experts become ones among zeros, one an expert. */
  private void oneHot(int node, NodeProto proto) {
    open.addAll(computed(proto.getInput(0)));
    extents(node, 1);
    if (GraphIndex.integer(proto, "axis", -1) != -1) {
      block("%s counts experts on another axis than the last".formatted(named(proto)));
    }
  }

  /** Numbers of experts are compared to those of all experts, or entries to entries. */
  private void equal(int node, NodeProto proto) {
    for (int input = 0; input < proto.getInputCount(); input++) {
      String name = proto.getInput(input);
      Optional<long[]> numbers = graph.integers(name);
      if (numbers.filter(this::isEveryExpert).isPresent()) {
        int last = graph.tensor(name).orElseThrow().shape().rank() - 1;
        cuts.add(new Cut(node, input, name, last, Change.NUMBERS));
      } else {
        operand(node, input);
      }
    }
  }

  private boolean isEveryExpert(long[] numbers) {
    return Arrays.equals(numbers, LongStream.range(0, entries).toArray());
  }

  /** A shape of which the last extent counts experts, or that of another value on the way. */
  private void extents(int node, int input) {
    String name = graph.node(node).getInput(input);
    Optional<NodeProto> joined =
        graph.producer(name).map(graph::node).filter(by -> by.getOpType().equals("Concat"));
    if (joined.isPresent()) {
      extents(graph.producer(name).orElseThrow(), joined.get().getInputCount() - 1);
      return;
    }
    Optional<long[]> extents = graph.integers(name);
    if (extents.isEmpty()) {
      open.addAll(computed(name));
      return;
    }
    long[] shape = extents.get();
    int last = shape.length - 1;
    if (last >= 0 && shape[last] == entries) {
      cuts.add(new Cut(node, input, name, last, Change.EXTENT));
    } else if (last >= 0 && shape[last] > 1) {
      block(
          "%s makes a shape of which the last extent is %d"
              .formatted(named(graph.node(node)), shape[last]));
    }
  }

  private List<String> computed(String value) {
    return graph.tensor(value).isEmpty() ? List.of(value) : List.of();
  }

  private void entries(int node, NodeProto proto) {
    for (int input = 0; input < proto.getInputCount(); input++) {
      operand(node, input);
    }
  }

  /** A stored operand is cut if it has an entry for every expert; a computed one is followed. */
  private void operand(int node, int input) {
    String name = graph.node(node).getInput(input);
    Optional<OnnxTensor> tensor = graph.tensor(name);
    if (tensor.isEmpty()) {
      open.add(name);
      return;
    }
    int last = tensor.get().shape().rank() - 1;
    if (last < 0 || tensor.get().shape().dim(last) == 1) {
      return;
    }
    if (tensor.get().shape().dim(last) == entries) {
      cuts.add(new Cut(node, input, name, last, Change.SLICES));
    } else {
      block(
          "it meets %s%s, which has no entry for each of %d experts"
              .formatted(name, tensor.get().shape(), entries));
    }
  }

  private void overAxes(NodeProto proto) {
    if (proto.getOpType().equals("TopK")) {
      Optional<long[]> count = graph.integers(GraphIndex.input(proto, 1));
      if (count.isEmpty() || count.get().length != 1) {
        block("%s takes a number of experts that is computed".formatted(named(proto)));
      } else {
        choices.add(Math.clamp(count.get()[0], 1, entries));
      }
    }
    proto.getInputList().forEach(input -> open.addAll(computed(input)));
  }

  private void reshape(int node, NodeProto proto) {
    open.add(proto.getInput(0));
    String name = GraphIndex.input(proto, 1);
    Optional<long[]> extents = graph.integers(name);
    if (extents.isEmpty()) {
      block("%s takes a shape that is computed".formatted(named(proto)));
      return;
    }
    long[] shape = extents.get();
    long last = shape.length == 0 ? 0 : shape[shape.length - 1];
    if (last == entries) {
      ranksGroups |= shape.length > 2 && shape[shape.length - 2] == 1;
      cuts.add(new Cut(node, 1, name, shape.length - 1, Change.EXTENT));
    } else if (shape.length > 1 && last > 1 && shape[shape.length - 2] * last == entries) {
      groups = (int) shape[shape.length - 2];
      ranksGroups = true;
      cuts.add(new Cut(node, 1, name, shape.length - 1, Change.EXTENT));
    } else if (last != -1) {
      block("%s makes a shape of which the last extent is %d".formatted(named(proto), last));
    }
  }

  /** Whether a use makes one number a token of all experts' entries. */
  private boolean isReduction(GraphIndex.Use use) {
    NodeProto node = graph.node(use.node());
    return use.input() == 0
        && node.getOpType().startsWith("Reduce")
        && graph
            .integers(GraphIndex.input(node, 1))
            .filter(axes -> axes.length == 1 && axes[0] == -1)
            .isPresent();
  }

  /** Whether a value has nothing of this router, and takes what another one chose. */
  private boolean isFilledByAnother(String value, GraphIndex.Use use) {
    NodeProto node = graph.node(use.node());
    return use.input() == 0
        && node.getOpType().equals("ScatterElements")
        && graph.isFilled(value)
        && new RouterTrace(graph, experts).follow(node.getOutput(0)).router().isPresent();
  }

  /** Whether what the chosen experts count is made to sum to one. */
  boolean renormalises() {
    return nodes.stream()
        .map(graph::node)
        .filter(node -> Set.of("TopK", "GatherElements").contains(node.getOpType()))
        .map(node ->
            graph.uses(node.getOutput(0)).stream()
                .map(use -> graph.node(use.node()).getOpType())
                .collect(Collectors.toSet()))
        .anyMatch(
            users -> users.contains("Softmax") || users.containsAll(Set.of("ReduceSum", "Div")));
  }

  private void block(String why) {
    obstacle = obstacle.or(() -> Optional.of("router: " + why));
  }

  private static String named(NodeProto node) {
    return "%s '%s'".formatted(node.getOpType(), node.getName());
  }
}
