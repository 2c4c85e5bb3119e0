package io.moetool.formats.onnx;

import io.moetool.formats.Shape;
import java.util.List;
import java.util.Optional;

/**
 * The experts of one layer of a graph, and the router that chooses among them.
 *
 * @param layer index in the model, by the names in the graph; where they do not say, by its order
 * @param operator what computes the experts
 * @param node name of the node that does; of the first where there are many
 * @param experts number of experts, E
 * @param expertsPerToken experts a token uses, K
 * @param activation what the experts apply, as the operator calls it
 * @param renormalised whether the weights of the chosen experts are divided by their sum; what the
 *     graph computes before a fused operator is not looked at
 * @param groups groups that the router divides the experts into, 1 where there are none
 * @param hidden hidden size, H
 * @param width extent between an expert's projections, I
 * @param tensors what is stored of the experts
 * @param router the router's matrix; empty if it was not found
 * @param cuts uses of tensors along the experts' axis, of experts and router; what has to be cut to
 *     take experts away
 * @param branches subgraphs of single experts; none where one operator computes all
 * @param obstacle why experts cannot be taken away from this graph; empty if they can
 */
public record OnnxMoeLayer(
    int layer,
    Operator operator,
    String node,
    int experts,
    int expertsPerToken,
    String activation,
    boolean renormalised,
    int groups,
    int hidden,
    int width,
    List<ExpertTensor> tensors,
    Optional<Router> router,
    List<Cut> cuts,
    List<Branch> branches,
    Optional<String> obstacle) {
  public OnnxMoeLayer {
    branches = List.copyOf(branches);
    tensors = List.copyOf(tensors);
    cuts = List.copyOf(cuts);
  }

  /** Whether rows of the router share experts. */
  public boolean mapsRows() {
    return rows() != experts;
  }

  /** Rows of the router, or experts where it is not found. */
  public int rows() {
    return router.map(r -> Math.toIntExact(r.shape().dim(r.axis()))).orElse(experts);
  }

  /** What computes experts. */
  public enum Operator {
    /** ONNX Runtime's operator for floats. */
    MOE("com.microsoft.MoE"),
    /** ONNX Runtime's operator for integers with scales. */
    QMOE("com.microsoft.QMoE"),
    /** Products with matrices that are gathered from stacks by what the router chose. */
    GATHERED("matrices gathered by choice"),
    /** A subgraph an expert. */
    UNROLLED("a subgraph per expert");

    private final String words;

    Operator(String words) {
      this.words = words;
    }

    /** What people and documents call it. */
    public String words() {
      return words;
    }
  }

  /** What an expert's tensor is to it. */
  public enum Part {
    /**
     * First projection: gate and up row by row where the activation is gated; or what enters it.
     */
    FIRST,
    /** Gate projection. */
    GATE,
    /** Up projection, where it is stored by itself. */
    UP,
    /** Last projection. */
    DOWN,
    /** Bias, scale or zero point of one of them. */
    COMPANION
  }

  /**
   * A tensor of experts.
   *
   * @param name initializer
   * @param part what it is
   * @param expert index of the one expert it belongs to; empty if its outermost axis counts experts
   * @param transposed whether a matrix is {@code [in, out]} instead of {@code [out, in]}
   */
  public record ExpertTensor(
      String name, Part part, Optional<Integer> expert, boolean transposed) {}

  /**
   * The matrix that yields router logits.
   *
   * @param name initializer
   * @param shape its extents
   * @param axis the one that counts experts
   */
  public record Router(String name, Shape shape, int axis) {}

  /** What a cut changes. */
  public enum Change {
    /** Slices of experts that go are left out. */
    SLICES,
    /** The tensor lists extents, the last of which is the number of experts, or of a group's. */
    EXTENT,
    /** The tensor lists the numbers of the experts, from zero on. */
    NUMBERS
  }

  /**
   * A use of a tensor that depends on the number of experts.
   *
   * @param node index of the node
   * @param input index of the node's input
   * @param tensor initializer
   * @param axis the one that counts experts
   * @param change what becomes of it
   */
  public record Cut(int node, int input, String tensor, int axis, Change change) {}

  /**
   * The subgraph of an expert.
   *
   * @param expert its number
   * @param column index of the node that takes what belongs to the expert out of what the router
   *     chose
   * @param number input of that node that has the expert's number
   * @param nodes indices of all nodes that are for this expert alone, ascending
   * @param end index of the node that adds its result to those of the others
   * @param addedTo input of that node to which the result is added
   */
  public record Branch(
      int expert, int column, int number, List<Integer> nodes, int end, int addedTo) {
    public Branch {
      nodes = List.copyOf(nodes);
    }
  }

  /** The same with another index. */
  OnnxMoeLayer withLayer(int index) {
    return new OnnxMoeLayer(
        index,
        operator,
        node,
        experts,
        expertsPerToken,
        activation,
        renormalised,
        groups,
        hidden,
        width,
        tensors,
        router,
        cuts,
        branches,
        obstacle);
  }
}
