package io.moetool.formats.onnx;

import io.moetool.formats.BadInputException;
import io.moetool.formats.Shape;
import io.moetool.formats.onnx.OnnxMoeLayer.ExpertTensor;
import io.moetool.formats.onnx.OnnxMoeLayer.Operator;
import io.moetool.formats.onnx.OnnxMoeLayer.Part;
import io.moetool.formats.onnx.proto.AttributeProto;
import io.moetool.formats.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Experts in one of ONNX Runtime's operators. */
final class FusedExperts {
  private static final int ROUTER_INPUT = 1;
  private static final int FIRST_EXPERT_INPUT = 2;

  /** Input of QMoE that has what chosen experts count, instead of an expert's tensor. */
  private static final int QMOE_WEIGHTING_INPUT = 14;

  private final GraphIndex graph;
  private final int index;
  private final NodeProto node;
  private final Operator operator;

  private FusedExperts(GraphIndex graph, int index, Operator operator) {
    this.graph = graph;
    this.index = index;
    this.node = graph.node(index);
    this.operator = operator;
  }

  /**
   * The experts that a node computes; empty if it computes none.
   *
   * @throws BadInputException if their tensors contradict each other
   */
  static Optional<OnnxMoeLayer> of(GraphIndex graph, int index, int layer) {
    NodeProto node = graph.node(index);
    if (!node.getDomain().equals(OnnxGraph.CONTRIB)) {
      return Optional.empty();
    }
    return switch (node.getOpType()) {
      case "MoE" -> Optional.of(new FusedExperts(graph, index, Operator.MOE).layer(layer));
      case "QMoE" -> Optional.of(new FusedExperts(graph, index, Operator.QMOE).layer(layer));
      default -> Optional.empty();
    };
  }

  private OnnxMoeLayer layer(int layer) {
    int perInput = operator == Operator.MOE ? 2 : 3;
    OnnxTensor first = weight(FIRST_EXPERT_INPUT);
    OnnxTensor down = weight(FIRST_EXPERT_INPUT + perInput);
    Optional<OnnxTensor> third = optionalWeight(FIRST_EXPERT_INPUT + 2 * perInput);
    int experts = Math.toIntExact(first.shape().dim(0));
    long perByte = operator == Operator.MOE ? 1 : Byte.SIZE / bits();
    long hidden = down.shape().dim(1);
    long width = down.shape().dim(2) * perByte;
    String activation =
        GraphIndex.attribute(node, "activation_type")
            .map(a -> a.getS().toStringUtf8())
            .orElse("relu");
    requireShape(down, Shape.of(experts, hidden, width / perByte));
    boolean joint = first.shape().dim(1) == 2 * width && activation.equals("swiglu");
    requireShape(first, Shape.of(experts, joint ? 2 * width : width, hidden / perByte));
    third.ifPresent(t -> requireShape(t, Shape.of(experts, width, hidden / perByte)));
    long perToken = GraphIndex.integer(node, "k", 1);
    if (perToken < 1 || perToken > experts) {
      throw wrong("k is %d, there are %d experts".formatted(perToken, experts));
    }
    RouterTrace trace =
        new RouterTrace(graph, experts).follow(GraphIndex.input(node, ROUTER_INPUT));
    String weighting =
        operator == Operator.QMOE ? GraphIndex.input(node, QMOE_WEIGHTING_INPUT) : "";
    if (!weighting.isEmpty()) {
      trace.follow(weighting);
    }
    trace.requireNoOtherUse(Set.of(index));
    List<ExpertTensor> tensors = new ArrayList<>();
    List<OnnxMoeLayer.Cut> cuts = new ArrayList<>(trace.cuts());
    for (int input = FIRST_EXPERT_INPUT; input < node.getInputCount(); input++) {
      if (node.getInput(input).isEmpty() || node.getInput(input).equals(weighting)) {
        continue;
      }
      StoredWeightUse use = stored(input);
      if (use.tensor().shape().rank() == 0 || use.tensor().shape().dim(0) != experts) {
        throw wrong(
            "%s%s is not for %d experts"
                .formatted(use.tensor().name(), use.tensor().shape(), experts));
      }
      tensors.add(
          new ExpertTensor(use.tensor().name(), part(input, perInput), Optional.empty(), false));
      cuts.add(use.cut(0));
    }
    return new OnnxMoeLayer(
        layer,
        operator,
        node.getName(),
        experts,
        Math.toIntExact(perToken),
        activation,
        // The operator for integers never uses the weights of a softmax over all experts.
        operator == Operator.QMOE || GraphIndex.integer(node, "normalize_routing_weights", 0) != 0,
        trace.groups(),
        Math.toIntExact(hidden),
        Math.toIntExact(width),
        tensors,
        trace.router(),
        cuts,
        List.of(),
        trace.obstacle());
  }

  private static Part part(int input, int perInput) {
    int place = input - FIRST_EXPERT_INPUT;
    if (place % perInput != 0) {
      return Part.COMPANION;
    }
    return switch (place / perInput) {
      case 0 -> Part.FIRST;
      case 1 -> Part.DOWN;
      case 2 -> Part.UP;
      default -> Part.COMPANION;
    };
  }

  private long bits() {
    long bits =
        GraphIndex.attribute(node, "expert_weight_bits").map(AttributeProto::getI).orElse(4L);
    if (bits != 2 && bits != 4 && bits != 8) {
      throw wrong("experts have integers of %d bits; 2, 4 and 8 are known".formatted(bits));
    }
    String type =
        GraphIndex.attribute(node, "quant_type").map(a -> a.getS().toStringUtf8()).orElse("int");
    if (!type.equals("int")) {
      throw wrong("experts are stored as %s; only integers are known".formatted(type));
    }
    return bits;
  }

  private OnnxTensor weight(int input) {
    return optionalWeight(input).orElseThrow(() -> wrong("it has no input " + input));
  }

  private Optional<OnnxTensor> optionalWeight(int input) {
    if (GraphIndex.input(node, input).isEmpty()) {
      return Optional.empty();
    }
    OnnxTensor tensor = stored(input).tensor();
    if (tensor.shape().rank() != 3 || tensor.shape().elements() == 0) {
      throw wrong(
          "%s%s is no stack of matrices, one an expert".formatted(tensor.name(), tensor.shape()));
    }
    return Optional.of(tensor);
  }

  private StoredWeightUse stored(int input) {
    return StoredWeightUse.of(graph, index, input)
        .filter(use -> !use.transposed())
        .orElseThrow(() ->
            wrong(
                "'%s' is computed; tensors of experts are stored".formatted(node.getInput(input))));
  }

  private void requireShape(OnnxTensor tensor, Shape expected) {
    if (!tensor.shape().equals(expected)) {
      throw wrong(
          "%s is %s; with the other projections %s is expected"
              .formatted(tensor.name(), tensor.shape(), expected));
    }
  }

  private BadInputException wrong(String problem) {
    return new BadInputException(
        "%s: node %s".formatted(graph.where(), node.getName()), problem, "export the model again");
  }
}
