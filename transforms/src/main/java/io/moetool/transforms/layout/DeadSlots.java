package io.moetool.transforms.layout;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.RouterSpec;
import io.moetool.formats.family.RouterSpec.Score;
import io.moetool.formats.family.TensorPlace;
import io.moetool.formats.family.TensorRole;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Experts that are stored and never chosen, in families whose routers add a number of its own to
 * what they rank an expert by: -16384 there rules the expert out in every program that loads the
 * checkpoint, and the others' coefficients are exactly those of a router without it.
 *
 * <p>That is so for a bias on logits before softmax, whose share becomes 0, and for a bias on
 * scores that do not depend on each other. It is not where softmax comes before the bias: the
 * expert keeps its share. Where groups of experts are ranked, programs differ in what they put in
 * place of the scores of groups that lost, which may be above -16384.
 */
public final class DeadSlots {
  /** A power of two, which all element types of routers hold exactly. */
  private static final float NEVER = -16384;

  private static final short NEVER_BF16 = (short) 0xC680;
  private static final short NEVER_F16 = (short) 0xF400;

  private DeadSlots() {}

  /**
   * Passes if a family can have dead slots.
   *
   * @param where names the plan in messages
   * @throws BadInputException otherwise
   */
  public static void require(String where, Architecture architecture) {
    if (biased(architecture).isEmpty()) {
      throw new BadInputException(
          where,
          "layers keep different numbers of experts; a checkpoint of type '%s' has one number for all layers, and its routers cannot be told never to choose an expert"
              .formatted(architecture.modelType()),
          "keep the same number in every layer (--budget uniform), or plan for an ONNX model, in which each layer has its own: moetool plan … --to onnx, and moetool convert --plan plan.json --to onnx");
    }
  }

  /** Whether a tensor of a layer with experts is the one that rules experts out. */
  static boolean isIn(Architecture architecture, TensorPlace place) {
    return biased(architecture).filter(role -> role == place.role()).isPresent()
        && place.bias() == (place.role() == TensorRole.ROUTER);
  }

  /** The role whose weight, or whose bias if it is the router itself, rules an expert out. */
  private static Optional<TensorRole> biased(Architecture architecture) {
    if (!(architecture.moe().routing() instanceof RouterSpec.TopScores top)
        || top.groups().count() > 1) {
      return Optional.empty();
    }
    if (top.selectionBias()) {
      return top.score() == Score.SOFTMAX
          ? Optional.empty()
          : Optional.of(TensorRole.SELECTION_BIAS);
    }
    return architecture.moe().routerBias()
            && (top.score() == Score.SOFTMAX || top.score() == Score.IDENTITY)
        ? Optional.of(TensorRole.ROUTER)
        : Optional.empty();
  }

  /**
   * What is stored for an expert that is never chosen.
   *
   * @param tensor the bias
   */
  static MemorySegment never(TensorInfo tensor) {
    return switch (tensor.dtype()) {
      case DType.F32 -> MemorySegment.ofArray(bytes(Float.floatToRawIntBits(NEVER), Float.BYTES));
      case DType.F16 -> MemorySegment.ofArray(bytes(NEVER_F16, Short.BYTES));
      case DType.BF16 -> MemorySegment.ofArray(bytes(NEVER_BF16, Short.BYTES));
      default ->
          throw new BadInputException(
              "tensor " + tensor.name(),
              "a bias of type %s cannot rule experts out".formatted(tensor.dtype()),
              "keep the same number of experts in every layer (--budget uniform)");
    };
  }

  private static byte[] bytes(int bits, int size) {
    byte[] bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      bytes[i] = (byte) (bits >> (Byte.SIZE * i));
    }
    return bytes;
  }
}
