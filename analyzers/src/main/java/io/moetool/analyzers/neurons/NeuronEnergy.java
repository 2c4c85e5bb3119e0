package io.moetool.analyzers.neurons;

import io.moetool.formats.TensorStore;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.ExpertTensors;
import io.moetool.formats.family.TensorRole;
import io.moetool.kernels.FloatMatrix;
import io.moetool.kernels.GroupByExpert;
import io.moetool.kernels.WeightDecoder;
import io.moetool.runtime.run.SampleTap;
import io.moetool.runtime.run.SampledExperts;
import io.moetool.runtime.run.SampledTokens;
import io.moetool.runtime.text.SequenceData;
import java.lang.foreign.Arena;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Ranks the neurons of every expert by their energy (CAMERA, arXiv 2508.02322): ‖w_c‖² ((1 - s) Σ
 * (g a_c)² + s max (g a_c)²) over all tokens that chose the expert, where w_c is what neuron c
 * contributes of the last projection, a_c its activation and g the expert's coefficient, or 1 where
 * that has scaled the expert's input already. Neurons of equal energy, as those of an expert that
 * no token chose, are ranked by ‖w_c‖, then by number.
 *
 * <p>Sums are float64, token after token. The published code adds in bfloat16, multiplies by
 * constants of one model and renormalises coefficients whether or not the router does; this does
 * not.
 */
public final class NeuronEnergy implements SampleTap {
  /** Tokens whose activations are held at a time, per thread. */
  private static final int BLOCK = 4096;

  private final TensorStore store;
  private final ExpertTensors tensors;
  private final boolean transposed;
  private final SampledTokens sample;
  private final double maximumShare;
  private final Map<Integer, int[][]> rankings = new TreeMap<>();

  /**
   * A tap for one run.
   *
   * @param store the checkpoint that will run
   * @param data what it will run over
   * @param maximumShare s, from 0 to 1
   */
  public NeuronEnergy(
      TensorStore store, Architecture architecture, SequenceData data, double maximumShare) {
    this.store = store;
    this.tensors = new ExpertTensors(architecture.names());
    this.transposed = architecture.moe().expert().stack().transposed();
    this.sample = SampledTokens.evenly(data, Integer.MAX_VALUE);
    this.maximumShare = maximumShare;
  }

  @Override
  public SampledTokens sample() {
    return sample;
  }

  @Override
  public void observe(SampledExperts experts) {
    rankings.put(
        experts.layer(),
        Stream.of(scores(experts)).map(NeuronScores::ranking).toArray(int[][]::new));
  }

  /** Scores of all neurons of a layer, by expert. */
  NeuronScores[] scores(SampledExperts experts) {
    GroupByExpert groups = GroupByExpert.of(experts.selected(), experts.experts());
    NeuronScores[] scores = new NeuronScores[experts.experts()];
    experts
        .pool()
        .forEach(
            scores.length,
            expert -> {
              double[] lengths = squaredLengths(experts.layer(), expert, experts.width());
              double[] energies = activations(experts, groups, expert);
              for (int neuron = 0; neuron < energies.length; neuron++) {
                energies[neuron] *= lengths[neuron];
              }
              scores[expert] = new NeuronScores(energies, lengths);
            });
    return scores;
  }

  /** What activations have to do with the energies of an expert's neurons. */
  private double[] activations(SampledExperts experts, GroupByExpert groups, int expert) {
    double[] sums = new double[experts.width()];
    double[] greatest = new double[experts.width()];
    for (int from = 0; from < groups.count(expert); from += BLOCK) {
      int first = from;
      int[] tokens =
          IntStream.range(from, Math.min(groups.count(expert), from + BLOCK))
              .map(i -> groups.token(expert, i))
              .toArray();
      try (Arena arena = Arena.ofConfined()) {
        FloatMatrix activations = FloatMatrix.allocate(arena, tokens.length, sums.length);
        experts.activations(expert, tokens, activations);
        float[] row = new float[sums.length];
        for (int i = 0; i < tokens.length; i++) {
          activations.copyRowTo(i, row);
          double coefficient =
              experts.scalesInputs()
                  ? 1
                  : experts.coefficients().get(tokens[i], groups.slot(expert, first + i));
          for (int neuron = 0; neuron < row.length; neuron++) {
            double scaled = coefficient * row[neuron];
            sums[neuron] += scaled * scaled;
            greatest[neuron] = Math.max(greatest[neuron], scaled * scaled);
          }
        }
      }
    }
    for (int neuron = 0; neuron < sums.length; neuron++) {
      sums[neuron] = (1 - maximumShare) * sums[neuron] + maximumShare * greatest[neuron];
    }
    return sums;
  }

  /** ‖w_c‖² by neuron: columns of the last projection, or rows where it is stored transposed. */
  private double[] squaredLengths(int layer, int expert, int width) {
    TensorRole role = tensors.areStacked() ? TensorRole.EXPERTS_DOWN : TensorRole.EXPERT_DOWN;
    double[] lengths = new double[width];
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix down = WeightDecoder.decode(arena, tensors.view(store, role, layer, expert));
      float[] row = new float[down.columns()];
      for (int i = 0; i < down.rows(); i++) {
        down.copyRowTo(i, row);
        for (int j = 0; j < row.length; j++) {
          lengths[transposed ? i : j] += (double) row[j] * row[j];
        }
      }
    }
    return lengths;
  }

  /** By layer and expert: all its neurons, best first. */
  public Map<Integer, int[][]> rankings() {
    return Map.copyOf(rankings);
  }
}
