package io.moetool.transforms.compress;

import io.moetool.runtime.run.SampleTap;
import io.moetool.runtime.run.SampledExperts;
import io.moetool.runtime.run.SampledTokens;
import io.moetool.transforms.plan.Repair;
import io.moetool.transforms.repair.RoutedChoice;
import io.moetool.transforms.repair.ScaleFit;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/**
 * Fits one factor a layer on what the best few of a token's experts add, to bring it closest to
 * what all of them added. Each layer is fitted on the inputs it has in the unchanged model.
 */
final class FewerExpertsTap implements SampleTap {
  private final SampledTokens sample;
  private final int expertsPerToken;
  private final List<Repair.Layer> fitted = new ArrayList<>();

  FewerExpertsTap(SampledTokens sample, int expertsPerToken) {
    this.sample = sample;
    this.expertsPerToken = expertsPerToken;
  }

  @Override
  public SampledTokens sample() {
    return sample;
  }

  @Override
  public void observe(SampledExperts experts) {
    try (Arena arena = Arena.ofShared()) {
      RoutedChoice fewer =
          RoutedChoice.by(experts.router().withExpertsPerToken(expertsPerToken), arena, experts);
      fitted.add(ScaleFit.between(experts, RoutedChoice.of(experts), fewer).of(experts.layer()));
    }
  }

  /** The factors, by layer. */
  List<Repair.Layer> fitted() {
    return List.copyOf(fitted);
  }
}
