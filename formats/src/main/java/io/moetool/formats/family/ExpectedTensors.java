package io.moetool.formats.family;

import io.moetool.formats.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Which tensors a checkpoint of an architecture stores, and their shapes. */
final class ExpectedTensors {
  private static final List<TensorRole> OUTSIDE =
      List.of(TensorRole.EMBEDDING, TensorRole.FINAL_NORM, TensorRole.HEAD);
  private static final List<TensorRole> EVERY_LAYER =
      List.of(
          TensorRole.ATTENTION_NORM,
          TensorRole.QUERY,
          TensorRole.KEY,
          TensorRole.VALUE,
          TensorRole.OUTPUT,
          TensorRole.QUERY_NORM,
          TensorRole.KEY_NORM,
          TensorRole.FEED_FORWARD_NORM);
  private static final List<TensorRole> DENSE =
      List.of(TensorRole.DENSE_GATE, TensorRole.DENSE_UP, TensorRole.DENSE_DOWN);
  private static final List<TensorRole> SHARED =
      List.of(
          TensorRole.SHARED_GATE,
          TensorRole.SHARED_UP,
          TensorRole.SHARED_GATE_UP,
          TensorRole.SHARED_DOWN);

  private final Architecture architecture;
  private final ExpertTensors experts;

  ExpectedTensors(Architecture architecture) {
    this.architecture = architecture;
    this.experts = new ExpertTensors(architecture.names());
  }

  /** Roles with one tensor in the whole model. */
  List<TensorRole> outside() {
    return OUTSIDE.stream()
        .filter(role -> role != TensorRole.HEAD || !architecture.tiedHead())
        .filter(architecture.names()::has)
        .toList();
  }

  /** Roles with one tensor in this layer. */
  List<TensorRole> inLayer(int layer) {
    Attention attention = architecture.attention();
    Stream<TensorRole> common =
        EVERY_LAYER.stream()
            .filter(role ->
                attention.queryKeyNorm() != Attention.QueryKeyNorm.NONE
                    || (role != TensorRole.QUERY_NORM && role != TensorRole.KEY_NORM));
    return Stream.concat(common, architecture.isMoe(layer) ? moeBlock().stream() : DENSE.stream())
        .filter(architecture.names()::has)
        .toList();
  }

  private List<TensorRole> moeBlock() {
    List<TensorRole> roles = new ArrayList<>();
    roles.add(TensorRole.ROUTER);
    MoeBlock moe = architecture.moe();
    if (moe.routing() instanceof RouterSpec.TopScores top && top.selectionBias()) {
      roles.add(TensorRole.SELECTION_BIAS);
    }
    if (experts.areStacked()) {
      roles.addAll(experts.roles());
    }
    if (moe.shared().isPresent()) {
      roles.addAll(SHARED);
      if (moe.shared().get().gated()) {
        roles.add(TensorRole.SHARED_ROUTER);
      }
    }
    return roles;
  }

  /** Roles with one tensor per expert in layers with experts. */
  List<TensorRole> perExpert() {
    return experts.areStacked() ? List.of() : experts.roles();
  }

  /** Whether a weight may be stored in this shape. */
  boolean isShapeOf(TensorRole role, Shape found) {
    Shape shape = weight(role);
    return found.equals(shape)
        || (role == TensorRole.SELECTION_BIAS && found.equals(Shape.of(1, shape.dim(0))));
  }

  /** Shape of a role's weight. */
  Shape weight(TensorRole role) {
    long hidden = architecture.hidden();
    Attention attention = architecture.attention();
    long query = attention.queryWidth();
    long keyValue = attention.keyValueWidth();
    boolean perHead = attention.queryKeyNorm() == Attention.QueryKeyNorm.PER_HEAD;
    return switch (role) {
      case EMBEDDING, HEAD -> Shape.of(architecture.vocabulary(), hidden);
      case FINAL_NORM, ATTENTION_NORM, FEED_FORWARD_NORM -> Shape.of(hidden);
      case QUERY -> Shape.of(query, hidden);
      case KEY, VALUE -> Shape.of(keyValue, hidden);
      case OUTPUT -> Shape.of(hidden, query);
      case QUERY_NORM -> Shape.of(perHead ? attention.headDim() : query);
      case KEY_NORM -> Shape.of(perHead ? attention.headDim() : keyValue);
      case ROUTER -> Shape.of(architecture.moe().experts(), hidden);
      case SELECTION_BIAS -> Shape.of(architecture.moe().experts());
      case SHARED_GATE, SHARED_UP -> Shape.of(sharedWidth(), hidden);
      case SHARED_GATE_UP -> Shape.of(2 * sharedWidth(), hidden);
      case SHARED_DOWN -> Shape.of(hidden, sharedWidth());
      case SHARED_ROUTER -> Shape.of(1, hidden);
      case EXPERT_GATE, EXPERT_UP -> Shape.of(architecture.moe().expertWidth(), hidden);
      case EXPERT_DOWN -> Shape.of(hidden, architecture.moe().expertWidth());
      case EXPERTS_GATE_UP ->
          Shape.of(architecture.moe().experts(), 2L * architecture.moe().expertWidth(), hidden);
      case EXPERTS_DOWN ->
          Shape.of(architecture.moe().experts(), hidden, architecture.moe().expertWidth());
      case DENSE_GATE, DENSE_UP -> Shape.of(architecture.denseWidth(), hidden);
      case DENSE_DOWN -> Shape.of(hidden, architecture.denseWidth());
    };
  }

  private long sharedWidth() {
    return architecture.moe().shared().map(MoeBlock.SharedExpert::width).orElse(0);
  }

  /** Shape of a role's bias, empty where the model has none. */
  Optional<Shape> bias(TensorRole role) {
    Attention attention = architecture.attention();
    boolean has =
        switch (role) {
          case QUERY, KEY, VALUE -> attention.projectionBias();
          case OUTPUT -> attention.outputBias();
          case FINAL_NORM, ATTENTION_NORM, FEED_FORWARD_NORM -> architecture.norm().hasBias();
          default -> false;
        };
    return has ? Optional.of(Shape.of(weight(role).dim(0))) : Optional.empty();
  }
}
