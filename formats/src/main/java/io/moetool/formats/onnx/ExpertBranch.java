package io.moetool.formats.onnx;

import io.moetool.formats.onnx.proto.NodeProto;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The nodes that are for one expert alone: what depends on its column up to where its result is
 * added, and what nothing else needs.
 */
final class ExpertBranch {
  /** More nodes than an expert takes; a branch of more runs into the rest of the model. */
  private static final int MOST_NODES = 4096;

  private final GraphIndex graph;
  private final Set<Integer> nodes = new TreeSet<>();

  /** Nodes that add the expert's result, each with its input that the result is added to. */
  private final TreeMap<Integer, Integer> ends = new TreeMap<>();

  /** Sums of which it is not known yet whether both operands are the expert's. */
  private final List<GraphIndex.Use> sums = new ArrayList<>();

  private final Deque<Integer> open = new ArrayDeque<>();
  private Optional<String> obstacle = Optional.empty();

  /** Follows what depends on a column. */
  ExpertBranch(GraphIndex graph, int column) {
    this.graph = graph;
    enter(column);
    do {
      while (!open.isEmpty() && nodes.size() < MOST_NODES) {
        graph.node(open.remove()).getOutputList().forEach(this::follow);
      }
    } while (sums.removeIf(this::isWithin));
    sums.forEach(sum -> ends.put(sum.node(), 1 - sum.input()));
    if (nodes.size() >= MOST_NODES) {
      block("what depends on it is more than an expert");
    } else if (ends.size() != 1) {
      block("its result is not added in one place");
    }
    addWhatIsForNothingElse();
  }

  /** The nodes without the one that adds, ascending. */
  Set<Integer> nodes() {
    return nodes;
  }

  /** The node that adds the result. */
  Optional<Integer> end() {
    return ends.isEmpty() ? Optional.empty() : Optional.of(ends.firstKey());
  }

  /** Input of that node to which the result is added. */
  int addedTo() {
    return ends.isEmpty() ? 0 : ends.firstEntry().getValue();
  }

  /** Why the branch cannot be taken out. */
  Optional<String> obstacle() {
    return obstacle;
  }

  private void follow(String output) {
    if (graph.isOutput(output)) {
      block("'%s' is an output of the graph".formatted(output));
    }
    for (GraphIndex.Use use : graph.uses(output)) {
      if (use.input() == GraphIndex.BY_BODY) {
        block("a graph inside '%s' uses it".formatted(graph.node(use.node()).getName()));
        continue;
      }
      switch (graph.node(use.node()).getOpType()) {
        case "Add" -> sums.add(use);
        case "ScatterND", "ScatterElements" -> {
          if (use.input() > 0 && isAdding(graph.node(use.node()))) {
            ends.put(use.node(), 0);
          } else {
            enter(use.node());
          }
        }
        default -> enter(use.node());
      }
    }
  }

  /** Adds up, or overwrites part of what was added up before; the first writes into zeros. */
  private boolean isAdding(NodeProto scatter) {
    boolean adds =
        GraphIndex.attribute(scatter, "reduction")
            .filter(reduction -> reduction.getS().toStringUtf8().equals("add"))
            .isPresent();
    return adds || scatter.getOpType().equals("ScatterND") || !graph.isFilled(scatter.getInput(0));
  }

  /** A sum inside the expert: with a bias, or of two values that are both the expert's. */
  private boolean isWithin(GraphIndex.Use sum) {
    int other = 1 - sum.input();
    boolean within =
        nodes.contains(sum.node())
            || StoredWeightUse.of(graph, sum.node(), other).isPresent()
            || graph
                .producer(graph.node(sum.node()).getInput(other))
                .filter(nodes::contains)
                .isPresent();
    if (within) {
      enter(sum.node());
    }
    return within;
  }

  private void enter(int node) {
    if (nodes.add(node)) {
      open.add(node);
    }
  }

  private void addWhatIsForNothingElse() {
    Deque<Integer> users = new ArrayDeque<>(nodes);
    while (!users.isEmpty()) {
      for (String input : graph.node(users.remove()).getInputList()) {
        graph
            .producer(input)
            .filter(producer -> !nodes.contains(producer) && isForThisAlone(graph.node(producer)))
            .ifPresent(producer -> {
              nodes.add(producer);
              users.add(producer);
            });
      }
    }
  }

  private boolean isForThisAlone(NodeProto node) {
    for (String output : node.getOutputList()) {
      if (graph.isOutput(output)
          || !graph.uses(output).stream().allMatch(use -> nodes.contains(use.node()))) {
        return false;
      }
    }
    return true;
  }

  private void block(String why) {
    obstacle = obstacle.or(() -> Optional.of(why));
  }
}
