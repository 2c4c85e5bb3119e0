package io.moetool.analyzers.superexperts;

import io.moetool.analyzers.statistics.ExpertStatistic;
import io.moetool.analyzers.statistics.LayerStatistics;
import io.moetool.analyzers.statistics.MeasuredModel;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.formats.BadInputException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * Finds super experts among the largest absolute outputs of all experts of a model.
 *
 * <p>The paper's rule (arXiv 2507.23279): above the 99.5th percentile and above a tenth of the
 * largest, strictly. The percentile bounds the result: of n experts it names at most n/200, rounded
 * up, so up to 201 experts exactly one, outlier or not; and where outputs differ little it names as
 * many. {@link #robust()} therefore looks for a gap instead.
 */
public final class SuperExpertSearch {
  /** Below this many experts the percentile names one or none, whatever they do. */
  private static final int FEW_EXPERTS = 2000;

  private static final double QUANTILE = 0.995;
  private static final double SHARE_OF_LARGEST = 0.1;

  /** The smallest value of the outliers has to be this many times the largest of the others. */
  static final double GAP = 2;

  /** Outliers are few: of so many experts at most one, or a gap divides two kinds of experts. */
  private static final int EXPERTS_PER_OUTLIER = 16;

  /** Largest first; among equals lower layers and experts first. */
  private final List<SuperExpert> candidates;

  /** Shared experts, by layer; they count for the rule, although nobody removes them. */
  private final List<SharedExpert> shared;

  private SuperExpertSearch(List<SuperExpert> candidates, List<SharedExpert> shared) {
    this.candidates = candidates;
    this.shared = shared;
  }

  /**
   * A search over all layers.
   *
   * @throws BadInputException if nothing was measured on data
   */
  public static SuperExpertSearch over(Statistics statistics) {
    return over(statistics, 1);
  }

  /**
   * A search over the layers up to a depth: outliers near the end of a model are mostly harmless to
   * remove.
   *
   * @param fraction of the layers, dense ones included, rounded half to even; the paper has 0.75.
   *     Layers of an encoder have their own depth
   * @throws BadInputException if nothing was measured on data
   */
  public static SuperExpertSearch over(Statistics statistics, double fraction) {
    MeasuredModel model = statistics.model();
    double readersEnd = Math.rint(fraction * model.encoderLayers());
    double predictorsEnd =
        model.encoderLayers() + Math.rint(fraction * (model.layers() - model.encoderLayers()));
    List<SuperExpert> candidates = new ArrayList<>();
    List<SharedExpert> shared = new ArrayList<>();
    for (LayerStatistics layer : statistics.requireRouted().layers()) {
      double end = model.readsSource(layer.layer()) ? readersEnd : predictorsEnd;
      if (layer.layer() < end) {
        LayerPeaks.of(layer)
            .sharedExpert()
            .ifPresent(value -> shared.add(new SharedExpert(layer.layer(), value)));
      }
      for (int expert = 0; expert < layer.experts() && layer.layer() < end; expert++) {
        candidates.add(
            new SuperExpert(
                layer.layer(), expert, layer.overall().get(ExpertStatistic.MX, expert)));
      }
    }
    candidates.sort(Comparator.comparingDouble(SuperExpert::maxAbs).reversed());
    return new SuperExpertSearch(candidates, shared);
  }

  /** Whether the percentile says more about the number of experts than about them. */
  boolean hasFewCandidates() {
    return candidates() < FEW_EXPERTS;
  }

  /** Number of experts looked at, shared ones included. */
  public int candidates() {
    return candidates.size() + shared.size();
  }

  /** What the paper's rule asks an expert to exceed; infinite if there is no expert. */
  public double threshold() {
    return candidates.isEmpty()
        ? Double.POSITIVE_INFINITY
        : threshold(
            DoubleStream.concat(
                    candidates.stream().mapToDouble(SuperExpert::maxAbs),
                    shared.stream().mapToDouble(SharedExpert::maxAbs))
                .toArray());
  }

  static double threshold(double[] values) {
    double largest = Quantile.of(values, 1);
    return Math.max(Quantile.of(values, QUANTILE), largest * SHARE_OF_LARGEST);
  }

  /** Super experts by the paper's rule, largest first. */
  public List<SuperExpert> byPaper() {
    double threshold = threshold();
    return candidates.stream().filter(expert -> expert.maxAbs() > threshold).toList();
  }

  /** Shared experts that the paper's rule names, by layer. */
  public List<SharedExpert> sharedByPaper() {
    double threshold = threshold();
    return shared.stream().filter(expert -> expert.maxAbs() > threshold).toList();
  }

  /**
   * Experts above a tenth of the largest that are set apart from all others: of all gaps between
   * neighbours there the widest one counts, if its upper end is at least twice the lower and at
   * most one of 16 experts lies above it, but one may. Largest first; empty if no gap is as wide.
   */
  public List<SuperExpert> robust() {
    // Experts that no token chose have no output to be set apart from.
    List<SuperExpert> used = candidates.stream().filter(expert -> expert.maxAbs() > 0).toList();
    int most = Math.min(used.size() - 1, Math.max(1, candidates.size() / EXPERTS_PER_OUTLIER));
    int apart = 0;
    double widest = GAP;
    for (int count = 1; count <= most; count++) {
      double above = used.get(count - 1).maxAbs();
      double below = used.get(count).maxAbs();
      if (above <= used.getFirst().maxAbs() * SHARE_OF_LARGEST) {
        break;
      }
      if (above / below >= widest && (apart == 0 || above / below > widest)) {
        widest = above / below;
        apart = count;
      }
    }
    return List.copyOf(used.subList(0, apart));
  }
}
