package io.moetool.runtime.run;

import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.RouterSpec;
import io.moetool.kernels.FloatMatrix;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The experts of one layer while its weights are at hand, to be run on any rows. H hidden size, I
 * width of an expert.
 */
public final class LayerExperts {
  private final int layer;
  private final Architecture architecture;
  private final ExpertProducts products;
  private final Supplier<ExpertProducts> inner;
  private final Function<TensorStore, LayerExperts> others;
  private Optional<ExpertProducts> innerProducts = Optional.empty();

  LayerExperts(
      int layer,
      Architecture architecture,
      ExpertProducts products,
      Supplier<ExpertProducts> inner,
      Function<TensorStore, LayerExperts> others) {
    this.layer = layer;
    this.architecture = architecture;
    this.products = products;
    this.inner = inner;
    this.others = others;
  }

  /**
   * The experts that this layer has in another store, to be used as long as these; several threads
   * may ask at once.
   */
  public LayerExperts in(TensorStore other) {
    return others.apply(other);
  }

  /** Index of the layer in the model. */
  public int layer() {
    return layer;
  }

  /** Number of experts, E. */
  public int experts() {
    return architecture.moe().experts();
  }

  /** Hidden size, H. */
  public int hidden() {
    return architecture.hidden();
  }

  /** Width of an expert, I. */
  public int width() {
    return architecture.moe().expertWidth();
  }

  /** Whether coefficients multiply the experts' inputs; rows are to be given multiplied then. */
  public boolean scalesInputs() {
    return architecture.moe().routing().appliesTo() == RouterSpec.AppliesTo.INPUT;
  }

  /**
   * What one expert makes of some rows, before the coefficient; several threads may ask at once.
   *
   * @param inputs {@code [rows, H]}
   * @param outputs receives as many rows, {@code [rows, H]}
   */
  public void outputs(int expert, FloatMatrix inputs, FloatMatrix outputs) {
    products.compute(expert, inputs, outputs);
  }

  /**
   * What an expert's last projection multiplies, a = act(gate x) ⊙ (up x); several threads may ask
   * at once.
   *
   * @param inputs {@code [rows, H]}
   * @param activations receives as many rows, {@code [rows, I]}
   */
  public void activations(int expert, FloatMatrix inputs, FloatMatrix activations) {
    innerProducts().compute(expert, inputs, activations);
  }

  private synchronized ExpertProducts innerProducts() {
    ExpertProducts made = innerProducts.orElseGet(inner);
    innerProducts = Optional.of(made);
    return made;
  }
}
