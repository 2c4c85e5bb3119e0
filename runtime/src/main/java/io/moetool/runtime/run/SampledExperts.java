package io.moetool.runtime.run;

import io.moetool.formats.TensorStore;
import io.moetool.kernels.ExactRouter;
import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.IntMatrix;
import java.lang.foreign.Arena;
import java.util.stream.IntStream;

/**
 * All experts of one layer and the tokens of a sample: what the router said about them, and, when
 * asked for, what any expert makes of any range of them. n tokens, H hidden size, E experts, K
 * experts per token, I width of an expert.
 *
 * <p>Nothing of size E·n is held here. Who compares experts token by token asks for ranges of
 * tokens so short that the outputs of all experts fit into memory; who sums up each expert alone
 * asks for all tokens at once, which is fastest. The bits of a row depend neither on threads nor on
 * the range it is asked for with; those of sums over a range may, so how sums are put together has
 * to follow from the extents of model and sample.
 */
public final class SampledExperts {
  private final LayerExperts experts;
  private final SampleRows rows;
  private final ExactRouter router;
  private final WorkPool pool;
  private final long rangeBytes;

  SampledExperts(
      LayerExperts experts, SampleRows rows, ExactRouter router, WorkPool pool, long rangeBytes) {
    this.rangeBytes = rangeBytes;
    this.experts = experts;
    this.rows = rows;
    this.router = router;
    this.pool = pool;
  }

  /** What the outputs of all experts may take for one range, if that is not too few tokens. */
  public long rangeBytes() {
    return rangeBytes;
  }

  /** Index of the layer in the model. */
  public int layer() {
    return experts.layer();
  }

  /** Number of experts, E. */
  public int experts() {
    return experts.experts();
  }

  /** Hidden size, H. */
  public int hidden() {
    return experts.hidden();
  }

  /** Width of an expert, I. */
  public int width() {
    return experts.width();
  }

  /** Which tokens these are. */
  public TokenSample sample() {
    return rows.sample();
  }

  /** What router and experts see, {@code [n, H]}. */
  public FloatMatrix inputs() {
    return rows.inputs();
  }

  /** Router logits, {@code [n, E]}. */
  public FloatMatrix routerLogits() {
    return rows.logits();
  }

  /** Full score distribution of the router, {@code [n, E]}. */
  public FloatMatrix scores() {
    return rows.scores();
  }

  /** Chosen experts, best first, {@code [n, K]}. */
  public IntMatrix selected() {
    return rows.selected();
  }

  /**
   * What the router multiplies outputs (or, if {@link #scalesInputs}, inputs) of the chosen experts
   * by, {@code [n, K]}.
   */
  public FloatMatrix coefficients() {
    return rows.coefficients();
  }

  /**
   * Whether coefficients multiply the experts' inputs. Then {@link #outputs} and {@link
   * #activations} are those of inputs multiplied by the expert's score, which is its coefficient
   * whenever it is chosen, and outputs are what is added as it is.
   */
  public boolean scalesInputs() {
    return experts.scalesInputs();
  }

  /** The layer's router, to find out who is chosen where some experts are masked. */
  public ExactRouter router() {
    return router;
  }

  /**
   * The experts that this layer has in another store, to be run on any rows; several threads may
   * ask at once.
   */
  public LayerExperts in(TensorStore other) {
    return experts.in(other);
  }

  /** The threads of this run, to share experts between. */
  public WorkPool pool() {
    return pool;
  }

  /**
   * Outputs f of one expert before the coefficient; several threads may ask at once.
   *
   * @param from first token
   * @param outputs receives those of as many tokens as it has rows, {@code [rows, H]}
   */
  public void outputs(int expert, int from, FloatMatrix outputs) {
    outputs(expert, tokens(from, outputs.rows()), outputs);
  }

  /**
   * Outputs f of one expert for some tokens, in the order they are named; several threads may ask
   * at once.
   *
   * @param outputs receives one row a token, {@code [tokens, H]}
   */
  public void outputs(int expert, int[] tokens, FloatMatrix outputs) {
    try (Arena arena = Arena.ofConfined()) {
      experts.outputs(expert, read(arena, expert, tokens), outputs);
    }
  }

  /**
   * What an expert's last projection multiplies, a = act(gate x) ⊙ (up x); several threads may ask
   * at once.
   *
   * @param from first token
   * @param activations receives those of as many tokens as it has rows, {@code [rows, I]}
   */
  public void activations(int expert, int from, FloatMatrix activations) {
    activations(expert, tokens(from, activations.rows()), activations);
  }

  /**
   * What an expert's last projection multiplies, for some tokens in the order they are named;
   * several threads may ask at once.
   *
   * @param activations receives one row a token, {@code [tokens, I]}
   */
  public void activations(int expert, int[] tokens, FloatMatrix activations) {
    try (Arena arena = Arena.ofConfined()) {
      experts.activations(expert, read(arena, expert, tokens), activations);
    }
  }

  private static int[] tokens(int from, int count) {
    return IntStream.range(from, from + count).toArray();
  }

  /** What the expert reads of these tokens. */
  private FloatMatrix read(Arena arena, int expert, int[] tokens) {
    FloatMatrix read = FloatMatrix.allocate(arena, tokens.length, hidden());
    for (int row = 0; row < tokens.length; row++) {
      read.copyRowFrom(row, inputs(), tokens[row]);
      if (scalesInputs()) {
        float score = scores().get(tokens[row], expert);
        for (int column = 0; column < hidden(); column++) {
          read.set(row, column, read.get(row, column) * score);
        }
      }
    }
    return read;
  }
}
