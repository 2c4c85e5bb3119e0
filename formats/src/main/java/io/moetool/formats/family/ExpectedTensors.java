package io.moetool.formats.family;

import io.moetool.formats.Shape;
import java.util.ArrayList;
import java.util.List;

/** Which tensors a checkpoint of an architecture stores, and their shapes. */
final class ExpectedTensors {
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

  /** Tensors of which the whole model has one. */
  List<RoleShape> outside() {
    List<RoleShape> tensors = new ArrayList<>();
    tensors.add(embedding(TensorRole.EMBEDDING));
    tensors.add(norm(TensorRole.FINAL_NORM));
    if (architecture.encoder().isPresent()) {
      tensors.add(norm(TensorRole.ENCODER_NORM));
    }
    if (!architecture.head().tied()) {
      tensors.add(embedding(TensorRole.HEAD).withBias(architecture.head().bias()));
    }
    return named(tensors);
  }

  /** Tensors of which this layer has one. */
  List<RoleShape> inLayer(int layer) {
    List<RoleShape> tensors = new ArrayList<>();
    tensors.add(norm(TensorRole.ATTENTION_NORM));
    tensors.addAll(mixer(layer));
    tensors.add(norm(TensorRole.FEED_FORWARD_NORM));
    tensors.addAll(architecture.isMoe(layer) ? moeBlock() : dense());
    return named(tensors);
  }

  /** Biases by position are stored with the first layer of an encoder or decoder alone. */
  private List<RoleShape> mixer(int layer) {
    List<RoleShape> tensors = MixerTensors.of(architecture.mixer(layer), architecture.hidden());
    boolean first = layer == 0 || layer == architecture.encoder().map(Encoder::layers).orElse(0);
    return first
        ? tensors
        : tensors.stream().filter(t -> t.role() != TensorRole.POSITION_BIAS).toList();
  }

  /** Tensors of which every expert of a layer has one. */
  List<RoleShape> perExpert() {
    return experts.areStacked() ? List.of() : experts.roles().stream().map(this::moe).toList();
  }

  /** The tensor of a role that is indexed by expert, whether or not the architecture uses it. */
  RoleShape indexedByExpert(TensorRole role) {
    return moe(role);
  }

  private List<RoleShape> moeBlock() {
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
    return roles.stream().map(this::moe).toList();
  }

  private List<RoleShape> dense() {
    int hidden = architecture.hidden();
    int width = architecture.denseWidth();
    return List.of(
        RoleShape.of(TensorRole.DENSE_GATE, width, hidden),
        RoleShape.of(TensorRole.DENSE_UP, width, hidden),
        RoleShape.of(TensorRole.DENSE_DOWN, hidden, width));
  }

  /** A tensor of the mixture-of-experts block. */
  private RoleShape moe(TensorRole role) {
    MoeBlock moe = architecture.moe();
    RoleShape tensor = RoleShape.of(role, shape(role));
    return switch (role) {
      case ROUTER -> tensor.withBias(moe.routerBias());
      case EXPERTS_GATE_UP ->
          moe.expert().biased()
              ? tensor.withBias(Shape.of(moe.experts(), 2L * moe.expertWidth()))
              : tensor;
      case EXPERTS_DOWN ->
          moe.expert().biased()
              ? tensor.withBias(Shape.of(moe.experts(), architecture.hidden()))
              : tensor;
      default -> tensor;
    };
  }

  private Shape shape(TensorRole role) {
    long hidden = architecture.hidden();
    long count = architecture.moe().experts();
    long width = architecture.moe().expertWidth();
    long shared = architecture.moe().shared().map(MoeBlock.SharedExpert::width).orElse(0);
    boolean transposed = architecture.moe().expert().stack().transposed();
    return switch (role) {
      case ROUTER -> Shape.of(count, hidden);
      case SELECTION_BIAS -> Shape.of(count);
      case EXPERT_GATE, EXPERT_UP -> Shape.of(width, hidden);
      case EXPERT_DOWN -> Shape.of(hidden, width);
      case EXPERTS_GATE_UP ->
          transposed ? Shape.of(count, hidden, 2 * width) : Shape.of(count, 2 * width, hidden);
      case EXPERTS_DOWN ->
          transposed ? Shape.of(count, width, hidden) : Shape.of(count, hidden, width);
      case SHARED_GATE, SHARED_UP -> Shape.of(shared, hidden);
      case SHARED_GATE_UP -> Shape.of(2 * shared, hidden);
      case SHARED_DOWN -> Shape.of(hidden, shared);
      case SHARED_ROUTER -> Shape.of(1, hidden);
      default -> throw new IllegalArgumentException(role + " is not of this block");
    };
  }

  private RoleShape embedding(TensorRole role) {
    return RoleShape.of(role, architecture.vocabulary(), architecture.hidden());
  }

  private RoleShape norm(TensorRole role) {
    return RoleShape.of(role, architecture.hidden()).withBias(architecture.norm().hasBias());
  }

  private List<RoleShape> named(List<RoleShape> tensors) {
    return tensors.stream().filter(tensor -> architecture.names().has(tensor.role())).toList();
  }
}
