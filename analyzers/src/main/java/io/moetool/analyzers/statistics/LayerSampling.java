package io.moetool.analyzers.statistics;

import io.moetool.analyzers.reconstruction.Elimination;
import io.moetool.analyzers.reconstruction.OutputProducts;
import io.moetool.analyzers.reconstruction.RankedChoice;
import io.moetool.analyzers.reconstruction.Rerouting;
import io.moetool.analyzers.reconstruction.SubsetSearch;
import io.moetool.formats.BadInputException;
import io.moetool.kernels.ColumnSums;
import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.RowNorms;
import io.moetool.runtime.run.SampledExperts;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Measures one layer: tokens in tiles, in every tile one expert after the other. */
final class LayerSampling {
  /** Fewer tokens at a time would make many small products. */
  private static final int MIN_TILE = 64;

  /** Tokens whose sums are added up together; the order of the sums is part of the result. */
  private static final int CHUNK = 16;

  private static final int UNUSED = -1;

  private final SampledExperts experts;
  private final SampleSizes sizes;
  private final Map<SampleStatistic, SumMatrix> values = new EnumMap<>(SampleStatistic.class);
  private final List<ColumnSums> outputs = new ArrayList<>();
  private final List<ColumnSums> weighted = new ArrayList<>();
  private final PairSums distances;
  private final PairSums inner;

  private LayerSampling(SampledExperts experts) {
    this.experts = experts;
    this.sizes =
        SampleSizes.of(experts.sample().tokens(), experts.experts(), experts.router().spec());
    for (int expert = 0; expert < experts.experts(); expert++) {
      outputs.add(new ColumnSums(experts.hidden()));
      weighted.add(new ColumnSums(experts.hidden()));
    }
    distances = new PairSums(experts.experts());
    inner = new PairSums(experts.experts());
  }

  /** What measuring takes at most, beside the outputs of a tile. */
  static long workBytes(SampleSizes sizes, long experts, long hidden) {
    long products = OutputProducts.perToken((int) experts) * (sizes.losses() + sizes.sets());
    long alignment = experts * sizes.similarity() * (sizes.similarity() + 1) / 2;
    long sums = 2 * experts * hidden + 2 * experts * experts * Math.ceilDiv(sizes.tokens(), CHUNK);
    return Float.BYTES * (products + experts * sizes.losses() + alignment) + Double.BYTES * sums;
  }

  /** What the outputs of all experts take for the smallest tile. */
  static long leastRangeBytes(long experts, long hidden) {
    return Float.BYTES * MIN_TILE * experts * hidden;
  }

  static LayerSample of(SampledExperts experts) {
    return new LayerSampling(experts).measure();
  }

  private LayerSample measure() {
    int[] lossTokens = SampleSizes.evenly(sizes.losses(), sizes.tokens());
    try (Arena arena = Arena.ofShared()) {
      OutputProducts products = new OutputProducts(arena, lossTokens.length, experts.experts());
      tiles(arena, lossTokens, products);
      losses(lossTokens, products);
    }
    put(SampleStatistic.CA, rows(outputs));
    put(SampleStatistic.GCA, rows(weighted));
    values.put(SampleStatistic.COSD, distances.toMatrix());
    values.put(SampleStatistic.OGRAM, inner.toMatrix());
    values.put(
        SampleStatistic.CKA,
        OutputAlignment.of(experts, SampleSizes.evenly(sizes.similarity(), sizes.tokens())));
    return new LayerSample(experts.layer(), sizes.extent(), values);
  }

  private void tiles(Arena arena, int[] lossTokens, OutputProducts products) {
    int[] places = new int[sizes.tokens()];
    Arrays.fill(places, UNUSED);
    for (int place = 0; place < lossTokens.length; place++) {
      places[lossTokens[place]] = place;
    }
    long perToken = (long) Float.BYTES * experts.experts() * experts.hidden();
    long fitting = Math.max(experts.rangeBytes() / perToken, MIN_TILE);
    // Whole chunks, so that what is summed together does not depend on memory.
    int rows = (int) Math.min(fitting / CHUNK * CHUNK, sizes.tokens());
    FloatMatrix tile =
        FloatMatrix.allocate(arena, Math.multiplyExact(experts.experts(), rows), experts.hidden());
    for (int from = 0; from < sizes.tokens(); from += rows) {
      int first = from;
      int count = Math.min(rows, sizes.tokens() - from);
      experts.pool().forEach(experts.experts(), expert -> run(expert, first, count, tile));
      compare(first, count, tile, places, products);
    }
  }

  /** Outputs of expert e lie in rows {@code e * count ..} of the tile. */
  private void run(int expert, int from, int count, FloatMatrix tile) {
    FloatMatrix rows = tile.rows(expert * count, (expert + 1) * count);
    experts.outputs(expert, from, rows);
    for (int row = 0; row < count; row++) {
      double share = experts.scalesInputs() ? 1 : experts.scores().get(from + row, expert);
      outputs.get(expert).add(rows.row(row), 1);
      weighted.get(expert).add(rows.row(row), share);
    }
    requireFinite(expert);
  }

  private void requireFinite(int expert) {
    for (int column = 0; column < experts.hidden(); column++) {
      if (!Double.isFinite(outputs.get(expert).get(column))) {
        throw new BadInputException(
            "layer %d, expert %d".formatted(experts.layer(), expert),
            "its outputs for a sample of tokens add up to " + outputs.get(expert).get(column),
            "the weights of this expert hold NaN or infinite values, or its outputs exceed float32"
                + " where it is not chosen: download the checkpoint again, or analyze it with"
                + " --sample-tokens 0");
      }
    }
  }

  private void compare(
      int from, int count, FloatMatrix tile, int[] places, OutputProducts products) {
    int chunks = Math.ceilDiv(count, CHUNK);
    PairSums[] angles = new PairSums[chunks];
    PairSums[] sums = new PairSums[chunks];
    experts
        .pool()
        .forEach(
            chunks,
            chunk -> {
              angles[chunk] = new PairSums(experts.experts());
              sums[chunk] = new PairSums(experts.experts());
              int end = Math.min(count, (chunk + 1) * CHUNK);
              for (int row = chunk * CHUNK; row < end; row++) {
                double[] lengths = lengths(row, count, tile);
                for (int i = 0; i < lengths.length; i++) {
                  for (int j = i; j < lengths.length; j++) {
                    double product =
                        RowNorms.dot(tile.row(i * count + row), tile.row(j * count + row));
                    int place = places[from + row];
                    if (place != UNUSED) {
                      products.set(place, i, j, product);
                    }
                    sums[chunk].add(i, j, product);
                    angles[chunk].add(i, j, i == j ? 0 : angle(product, lengths[i] * lengths[j]));
                  }
                }
              }
            });
    for (int chunk = 0; chunk < chunks; chunk++) {
      distances.add(angles[chunk]);
      inner.add(sums[chunk]);
    }
  }

  private double[] lengths(int row, int count, FloatMatrix tile) {
    double[] lengths = new double[experts.experts()];
    for (int expert = 0; expert < lengths.length; expert++) {
      lengths[expert] = RowNorms.l2(tile.row(expert * count + row));
    }
    return lengths;
  }

  /** 1 - cos. */
  private static double angle(double product, double lengths) {
    return lengths == 0 ? 1 : 1 - Math.clamp(product / lengths, -1.0, 1.0);
  }

  private void losses(int[] tokens, OutputProducts products) {
    try (Arena arena = Arena.ofShared()) {
      Rerouting rerouting = rerouting(arena, tokens, products);
      double energy = rerouting.energy();
      Elimination steps = Elimination.of(rerouting, experts.pool());
      put(
          SampleStatistic.LOO,
          Arrays.stream(steps.alone()).map(loss -> Math.min(loss, energy)).toArray());
      put(SampleStatistic.ENERGY, energy);
      put(SampleStatistic.STEP, Arrays.stream(steps.steps()).asDoubleStream().toArray());
      put(
          SampleStatistic.VOTE_STEP,
          Arrays.stream(RankedChoice.steps(rerouting)).asDoubleStream().toArray());
      double[] curve = new double[experts.experts() + 1];
      Arrays.fill(curve, UNUSED);
      System.arraycopy(steps.losses(), 0, curve, 0, steps.losses().length);
      put(SampleStatistic.STEP_LOSS, curve);
      sets(products, tokens);
    }
  }

  private void sets(OutputProducts products, int[] tokens) {
    double[] sets = new double[experts.experts() + 1];
    double[] losses = new double[experts.experts() + 1];
    Arrays.fill(sets, UNUSED);
    Arrays.fill(losses, UNUSED);
    double energy = 0;
    if (sizes.sets() > 0) {
      try (Arena arena = Arena.ofShared()) {
        int[] places = SampleSizes.evenly(sizes.sets(), tokens.length);
        OutputProducts some = products.of(arena, places);
        int[] used = Arrays.stream(places).map(place -> tokens[place]).toArray();
        Rerouting rerouting = rerouting(arena, used, some);
        SubsetSearch found = SubsetSearch.of(rerouting, experts.pool());
        sets = Arrays.stream(found.sets()).asDoubleStream().toArray();
        losses = found.losses();
        energy = rerouting.energy();
      }
    }
    put(SampleStatistic.SUBSET, sets);
    put(SampleStatistic.SUBSET_LOSS, losses);
    put(SampleStatistic.SUBSET_ENERGY, energy);
  }

  private Rerouting rerouting(Arena arena, int[] tokens, OutputProducts products) {
    FloatMatrix logits = FloatMatrix.allocate(arena, tokens.length, experts.experts());
    for (int row = 0; row < tokens.length; row++) {
      logits.copyRowFrom(row, experts.routerLogits(), tokens[row]);
    }
    return new Rerouting(experts.router(), logits, products, experts.scalesInputs());
  }

  private double[] rows(List<ColumnSums> sums) {
    double[] all = new double[Math.multiplyExact(sums.size(), experts.hidden())];
    for (int expert = 0; expert < sums.size(); expert++) {
      System.arraycopy(
          sums.get(expert).toArray(), 0, all, expert * experts.hidden(), experts.hidden());
    }
    return all;
  }

  private void put(SampleStatistic statistic, double... numbers) {
    boolean wide = statistic == SampleStatistic.CA || statistic == SampleStatistic.GCA;
    values.put(
        statistic,
        wide
            ? SumMatrix.over(experts.experts(), experts.hidden(), numbers)
            : SumMatrix.over(1, numbers.length, numbers));
  }
}
