package io.moetool.analyzers.statistics;

import io.moetool.formats.Shape;
import java.util.Locale;

/**
 * What is known of a layer from running every expert on a sample of the tokens. f_e is the output
 * of expert e before the coefficient, whether a token chose it or not, s_e its share in the
 * router's full score distribution. Where the router scales inputs, f_e already is what would be
 * added, and s_e counts as 1.
 */
public enum SampleStatistic {
  /** Σ f_e over the sample, {@code [E, H]}. */
  CA(true),
  /** Σ s_e f_e over the sample, {@code [E, H]}. */
  GCA(true),
  /**
   * Σ (1 - cos(f_i, f_j)) over the sample, {@code [E, E]}; a vector of zeros has the cosine 0 with
   * all others.
   */
  COSD(true),
  /** Σ f_i · f_j over the sample, {@code [E, E]}. */
  OGRAM(true),
  /**
   * Σ ‖o - o'‖² over the tokens that losses are measured on, {@code [E]}: o what the routed experts
   * add, o' what they add once the router cannot choose e.
   */
  LOO(true),
  /** Σ ‖o‖² over the tokens that losses are measured on, {@code [1]}. */
  ENERGY(true),
  /**
   * Linear CKA of the outputs of two experts over a few hundred tokens, {@code [E, E]} (arXiv
   * 1905.00414, eq. 4).
   */
  CKA(false),
  /**
   * Step at which an expert is taken away if every step takes the one whose loss then grows least,
   * counted from 1, {@code [E]}; 0 for those that are left.
   */
  STEP(false),
  /** Σ ‖o - o'‖² after every such step, by number of steps, {@code [E + 1]}; -1 beyond the last. */
  STEP_LOSS(false),
  /**
   * Step at which an expert is voted out, counted from 1, {@code [E]}; 0 for those that are left
   * (ranked-choice voting of the tokens).
   */
  VOTE_STEP(false),
  /**
   * Best set to take away by its size, {@code [E + 1]}: bit e stands for expert e; -1 where there
   * is none. Of layers with few experts only; otherwise all -1.
   */
  SUBSET(false),
  /** Σ ‖o - o'‖² without the best set of a size, {@code [E + 1]}; -1 where there is none. */
  SUBSET_LOSS(false),
  /** Σ ‖o‖² over the tokens that sets were tried on, {@code [1]}. */
  SUBSET_ENERGY(false);

  private final boolean additive;

  SampleStatistic(boolean additive) {
    this.additive = additive;
  }

  /** Name in files. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether values over disjoint samples add up to those over both. */
  public boolean isAdditive() {
    return additive;
  }

  /** Shape for a model. */
  Shape shape(MeasuredModel model) {
    long experts = model.experts();
    return switch (this) {
      case CA, GCA -> Shape.of(experts, model.hidden());
      case COSD, OGRAM, CKA -> Shape.of(experts, experts);
      case LOO, STEP, VOTE_STEP -> Shape.of(experts);
      case STEP_LOSS, SUBSET, SUBSET_LOSS -> Shape.of(experts + 1);
      case ENERGY, SUBSET_ENERGY -> Shape.of(1);
    };
  }
}
