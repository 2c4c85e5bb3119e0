package io.moetool.analyzers.statistics;

import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.TensorRole;
import io.moetool.kernels.ElementDecoder;
import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.RowNorms;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The routers of the checkpoint that a model was trained from: the length of each expert's row,
 * which is all that is kept of it (arXiv 2405.16646).
 */
public final class BaseRouters {
  private final String fingerprint;
  private final List<double[]> norms;

  private BaseRouters(String fingerprint, List<double[]> norms) {
    this.fingerprint = fingerprint;
    this.norms = norms;
  }

  /**
   * Reads the routers of a base.
   *
   * @param where names the base in messages
   * @param base what it is
   * @param model what was trained from it
   * @throws BadInputException if the one cannot have become the other, or is the other, or a router
   *     holds NaN or infinite values
   */
  public static BaseRouters read(
      String where,
      MeasuredModel base,
      Architecture architecture,
      TensorStore store,
      MeasuredModel model) {
    requireSameShape(where, base, model);
    List<double[]> norms = new ArrayList<>();
    for (int layer : base.moeLayers()) {
      norms.add(norms(store, architecture.names().weight(TensorRole.ROUTER, layer)));
    }
    return new BaseRouters(base.fingerprint(), norms);
  }

  private static void requireSameShape(String where, MeasuredModel base, MeasuredModel model) {
    List<String> others = new ArrayList<>();
    compare(others, "model type", base.modelType(), model.modelType());
    compare(others, "layers", base.layers(), model.layers());
    compare(others, "layers with experts", base.moeLayers(), model.moeLayers());
    compare(others, "experts", base.experts(), model.experts());
    compare(others, "hidden size", base.hidden(), model.hidden());
    if (!others.isEmpty()) {
      throw new BadInputException(
          where,
          "cannot be what this model was trained from: " + String.join(", ", others),
          "name the checkpoint before fine-tuning with --base");
    }
    if (base.fingerprint().equals(model.fingerprint())) {
      throw new BadInputException(
          where,
          "is this model itself: no router can have changed",
          "name the checkpoint before fine-tuning with --base");
    }
  }

  private static void compare(List<String> others, String name, Object base, Object model) {
    if (!Objects.equals(base, model)) {
      others.add("%s %s (here %s)".formatted(name, base, model));
    }
  }

  private static double[] norms(TensorStore store, String name) {
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix router = ElementDecoder.decode(arena, store.view(name));
      double[] norms = new double[router.rows()];
      for (int expert = 0; expert < norms.length; expert++) {
        // As the other side of the difference is summed: a row that is the same differs by 0.
        norms[expert] = Math.sqrt(RowNorms.dot(router.row(expert), router.row(expert)));
        if (!Double.isFinite(norms[expert])) {
          throw new BadInputException(
              "%s: tensor %s, expert %d".formatted(store.location(name), name, expert),
              "the router's row holds NaN or infinite values",
              "download the checkpoint again");
        }
      }
      return norms;
    }
  }

  /** Names the base. */
  String fingerprint() {
    return fingerprint;
  }

  /**
   * Lengths of the router's rows in the n-th layer with experts, {@code [E]}; not to be changed.
   */
  double[] norms(int place) {
    return norms.get(place);
  }
}
