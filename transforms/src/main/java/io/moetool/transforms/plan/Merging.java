package io.moetool.transforms.plan;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * How groups of experts become one.
 *
 * @param router what becomes of the router, a key of {@link Router}
 * @param alignment how neurons are matched before they are added up, a key of {@link Alignment}
 */
public record Merging(String router, String alignment) {
  /** What becomes of the rows of a group in the router. */
  public enum Router {
    /** The leader's row stays. Loads everywhere; routing changes. */
    DROP,
    /**
     * The weighted mean of the rows, with the experts' weights. Loads everywhere; routing changes.
     */
    AVERAGE,
    /**
     * Every member keeps its row, and the merged expert is stored once for each: exact many-to-one
     * routing that loads everywhere and saves nothing.
     */
    DUPLICATE,
    /**
     * Every member keeps its row, and a map says which merged expert it means: exact many-to-one
     * routing that only an ONNX model can hold.
     */
    MAP;

    /** Name in plans and on the command line. */
    public String key() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Experts are the same function in any order of their neurons. */
  public enum Alignment {
    /** Neurons are added up in the order they are stored in. */
    NONE,
    /**
     * Neurons of a member are put into the order in which their weights have the largest sum of
     * products with the leader's (weight matching).
     */
    WEIGHTS,
    /**
     * Every neuron of a member joins the leader's with whose weights its own correlate most, so
     * that several may join one and none another (fix-dom of HC-SMoE, arXiv 2410.08589, by
     * weights).
     */
    FIX_DOM,
    /**
     * The most correlated neurons of all members join, within one as across them, until as many are
     * left as one expert has (ZipIt, by weights).
     */
    ZIPIT;

    /** Name in plans and on the command line. */
    public String key() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    @Override
    public String toString() {
      return key();
    }
  }

  /** A way to merge. */
  public static Merging of(Router router, Alignment alignment) {
    return new Merging(router.key(), alignment.key());
  }

  /** Experts per layer in the result if so many different ones are left of so many. */
  int stores(int different, int before) {
    return knownRouter().stream().anyMatch(known -> known == Router.DUPLICATE) ? before : different;
  }

  /** Whether no checkpoint can hold what is merged. */
  public boolean needsOnnx() {
    return knownRouter().stream().anyMatch(known -> known == Router.MAP);
  }

  /** Whether every expert of the source has a row in the router of the result. */
  boolean keepsRows() {
    return knownRouter()
        .filter(known -> known != Router.DROP && known != Router.AVERAGE)
        .isPresent();
  }

  /** Empty if {@code router} is not known. */
  public Optional<Router> knownRouter() {
    return Arrays.stream(Router.values()).filter(known -> known.key().equals(router)).findFirst();
  }

  /** Empty if {@code alignment} is not known. */
  public Optional<Alignment> knownAlignment() {
    return Arrays.stream(Alignment.values())
        .filter(known -> known.key().equals(alignment))
        .findFirst();
  }
}
