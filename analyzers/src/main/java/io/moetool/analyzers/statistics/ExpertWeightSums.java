package io.moetool.analyzers.statistics;

import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorView;
import io.moetool.formats.safetensors.Quoted;
import io.moetool.kernels.ElementDecoder;
import java.lang.foreign.MemorySegment;

/** Sums over the entries of one expert's matrices, read piece by piece in their order. */
final class ExpertWeightSums {
  /** Elements decoded at a time. */
  private static final int PIECE = 1 << 16;

  private static final int LANES = 8;

  private final float[] piece = new float[PIECE];
  private final FoldedWeights folded = new FoldedWeights();
  private double absSum;
  private double squareSum;
  private double maxAbs;
  private long count;

  double get(WeightStatistic statistic) {
    return switch (statistic) {
      case ABS_SUM -> absSum;
      case SQUARE_SUM -> squareSum;
      case MAX_ABS -> maxAbs;
      case COUNT -> count;
    };
  }

  /** All weights as one vector of bounded length. */
  FoldedWeights folded() {
    return folded;
  }

  /**
   * Counts a matrix in.
   *
   * @param where file of the tensor, for messages
   * @throws BadInputException if it holds NaN or infinite values or cannot be decoded
   */
  void add(String where, TensorView tensor) {
    if (!ElementDecoder.supports(tensor.dtype())) {
      throw new BadInputException(
          "%s: tensor %s".formatted(where, Quoted.of(tensor.name())),
          "elements of type %s cannot be decoded".formatted(tensor.dtype()),
          "convert the experts to BF16, F16 or F32");
    }
    int width = tensor.dtype().bits() / 8;
    long elements = tensor.shape().elements();
    for (long done = 0; done < elements; done += PIECE) {
      int length = (int) Math.min(PIECE, elements - done);
      ElementDecoder.decode(
          tensor.dtype(),
          tensor.bytes().asSlice(done * width, (long) length * width),
          MemorySegment.ofArray(piece).asSlice(0, (long) length * Float.BYTES));
      addPiece(length);
      folded.add(piece, length);
    }
    count += elements;
    if (!Double.isFinite(squareSum) || !Double.isFinite(maxAbs)) {
      throw new BadInputException(
          "%s: tensor %s".formatted(where, Quoted.of(tensor.name())),
          "it holds NaN or infinite values",
          "download the checkpoint again");
    }
  }

  /** Eight running sums keep the adders busy; they are joined in a fixed order. */
  private void addPiece(int length) {
    double[] abs = new double[LANES];
    double[] squares = new double[LANES];
    double[] max = new double[LANES];
    int whole = length - length % LANES;
    for (int from = 0; from < whole; from += LANES) {
      for (int lane = 0; lane < LANES; lane++) {
        double value = Math.abs(piece[from + lane]);
        abs[lane] += value;
        squares[lane] += value * value;
        max[lane] = Math.max(max[lane], value);
      }
    }
    for (int i = whole; i < length; i++) {
      double value = Math.abs(piece[i]);
      abs[i - whole] += value;
      squares[i - whole] += value * value;
      max[i - whole] = Math.max(max[i - whole], value);
    }
    for (int lane = 0; lane < LANES; lane++) {
      absSum += abs[lane];
      squareSum += squares[lane];
      maxAbs = Math.max(maxAbs, max[lane]);
    }
  }
}
