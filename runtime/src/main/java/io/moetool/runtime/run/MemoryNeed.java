package io.moetool.runtime.run;

import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.Attention;
import io.moetool.formats.family.DeltaNet;
import io.moetool.formats.family.LatentAttention;
import io.moetool.formats.family.Mamba;
import io.moetool.formats.family.RelativeAttention;
import io.moetool.formats.family.TokenMixer;
import io.moetool.runtime.graph.Pieces;
import io.moetool.runtime.text.SequenceData;

/**
 * What a run over some data holds in memory at its worst, counted from shapes. Weights are counted
 * as they are computed with, in float32, and once more as they are mapped.
 */
final class MemoryNeed {
  /** The JVM with its classes and compiled code, ONNX Runtime, and a heap with little in it. */
  private static final long PROGRAM = 400L << 20;

  /** Of that, the heap. */
  private static final long PROGRAM_HEAP = 160L << 20;

  /** What the C library keeps of freed memory, and small things. */
  private static final long PER_THREAD = 64L << 20;

  /** Token ids, as they were read and as they are run, in bytes a token and a sequence. */
  private static final int PER_TOKEN = 8;

  private static final int PER_SEQUENCE = 200;

  /** The JVM needs room beside what lives in its heap. */
  private static final double HEAP_SLACK = 1.5;

  /** Logits as they are computed, as they are handed out, and their logarithms of probability. */
  private static final long LOGITS = 3;

  private static final long MEGABYTE = 1_000_000;

  private final Architecture architecture;
  private final Taps taps;
  private final int threads;
  private final int longest;
  private final long tokens;
  private final long sequences;
  private final long layer;
  private final long head;
  private final long heap;

  /**
   * What a run takes.
   *
   * @param predicts whether the head is applied to the last hidden states
   */
  MemoryNeed(
      TensorStore store,
      Architecture architecture,
      SequenceData data,
      Taps taps,
      int threads,
      boolean predicts) {
    this.architecture = architecture;
    this.taps = taps;
    this.threads = threads;
    longest = data.longest();
    tokens = data.tokens() + data.sourceTokens();
    sequences = data.sequences().size();
    long most = 0;
    for (int index = 0; index < architecture.layers(); index++) {
      try (LayerWeights weights = new LayerWeights(store, architecture, index)) {
        most = Math.max(most, layerBytes(index, weights));
      }
    }
    layer = most;
    head = predicts ? headBytes(store, architecture, longest, threads) : 0;
    heap = heap();
  }

  /** The least memory with which it can be done. */
  long least(boolean onDisk) {
    return PROGRAM
        + heap
        + threads * PER_THREAD
        + (onDisk ? 0 : tokens * architecture.hidden() * Float.BYTES)
        + Math.max(layer + longest * perRow() + sample() + rangeMemory(leastRange()), head);
  }

  /** What the JVM's heap is to take. */
  long heapBytes() {
    return PROGRAM_HEAP + heap;
  }

  /** Tokens of a tile, if there is more memory than the least. */
  int rows(long more) {
    long fitting = longest + more / perRow();
    return Math.toIntExact(Math.min(fitting, TileBuffers.rows(architecture, longest, tokens)));
  }

  /** Outputs of all experts for a range of the sample, if there is more memory than the least. */
  long rangeBytes(long more) {
    return leastRange()
        + more * architecture.moe().experts() / (architecture.moe().experts() + threads);
  }

  /**
   * Refuses a limit that is too small.
   *
   * @throws BadInputException naming the smallest that is not
   */
  void require(long limit) {
    long least = least(true);
    if (least > limit) {
      throw new BadInputException(
          "--memory-limit " + megabytes(limit / MEGABYTE),
          "too small for this model and data, which take at least "
              + megabytes(Math.ceilDiv(least, MEGABYTE)),
          "give at least --memory-limit %s, fewer --threads%s or a shorter --sequence-length"
              .formatted(
                  megabytes(Math.ceilDiv(least, MEGABYTE)),
                  taps.sample().isPresent() ? ", a smaller --sample-tokens" : ""));
    }
  }

  private static String megabytes(long number) {
    return number + "MB";
  }

  private long heap() {
    long held = taps.routed().map(MoeTap::heldBytes).orElse(0L);
    held += taps.sample().map(tap -> tap.heldBytes(architecture)).orElse(0L);
    long partial = taps.routed().map(tap -> tap.partialBytes(longest)).orElse(0L);
    return (long)
        (HEAP_SLACK
            * (tokens * PER_TOKEN
                + sequences * PER_SEQUENCE
                + held
                + (long) LayerRun.WINDOW * threads * partial));
  }

  private long perRow() {
    return TileBuffers.bytes(architecture);
  }

  private long sample() {
    return taps.sample()
        .map(tap ->
            SampleRows.bytes(architecture, tap.sample().most()) + tap.workBytes(architecture))
        .orElse(0L);
  }

  private long leastRange() {
    return taps.sample().map(tap -> tap.leastRangeBytes(architecture)).orElse(0L);
  }

  /** Outputs of a range, and what one expert a thread reads for them. */
  private long rangeMemory(long range) {
    return range + range * threads / architecture.moe().experts();
  }

  /** What a layer's weights and one sequence or product a thread take. */
  private long layerBytes(int index, LayerWeights weights) {
    Pieces pieces = new Pieces(architecture);
    if (!architecture.isMoe(index)) {
      PieceSize dense = PieceSize.of(pieces.denseLayer(index, weights), weights);
      return 2 * dense.bytes() + threads * (dense.bytes() + sequence(index, dense));
    }
    PieceSize attention = PieceSize.of(pieces.attentionAndRouter(index, weights), weights);
    PieceSize join =
        pieces.joinsByAddition()
            ? new PieceSize(0, 0)
            : PieceSize.of(pieces.joinExperts(weights), weights);
    PieceSize expert = PieceSize.of(pieces.expert(weights), weights);
    long perThread =
        attention.bytes()
            + join.bytes()
            + sequence(index, attention)
            + rows(longest, join.widths() + 3L * architecture.hidden())
            + 3 * expert.bytes()
            + rows(ExpertProducts.MAX_ROWS, expert.widths() + 3L * architecture.hidden());
    return 2 * (attention.bytes() + join.bytes()) + threads * perThread;
  }

  /**
   * What predicting takes when all layers are through: the head and one block of logits a thread.
   */
  static long headBytes(TensorStore store, Architecture architecture, int longest, int threads) {
    try (LayerWeights weights = new LayerWeights(store, architecture, 0)) {
      PieceSize head = PieceSize.of(new Pieces(architecture).head(weights), weights);
      long block =
          rows(
              Math.min(longest, ScoredBlock.MAX_ROWS),
              LOGITS * architecture.vocabulary() + 3L * architecture.hidden());
      return 2 * head.bytes() + threads * (head.bytes() + block);
    }
  }

  private static long rows(long rows, long width) {
    return Float.BYTES * rows * width;
  }

  /** What the mixing of one sequence takes: what it projects to, twice, and what mixes it. */
  private long sequence(int index, PieceSize piece) {
    return rows(longest, 2 * piece.widths() + 6L * architecture.hidden())
        + mixing(architecture.mixer(index));
  }

  private long mixing(TokenMixer mixer) {
    return switch (mixer) {
      case Attention attention -> probabilities(attention.heads());
      case LatentAttention attention -> probabilities(attention.heads());
      case RelativeAttention attention -> probabilities(attention.heads());
      case DeltaNet net -> rows(longest, 8L * net.valueHeads() * (net.keyDim() + net.valueDim()));
      case Mamba mamba -> rows(longest, 3L * mamba.width() * mamba.stateSize());
    };
  }

  /** Products of queries and keys, and what becomes of them. */
  private long probabilities(int heads) {
    return rows((long) longest * heads, 2L * longest);
  }
}
