package io.moetool.transforms.group;

import io.moetool.analyzers.saliency.LayerMeasurements;
import io.moetool.analyzers.statistics.ExpertStatistic;
import io.moetool.analyzers.statistics.LayerStatistics;
import io.moetool.analyzers.statistics.MatrixStatistic;
import io.moetool.analyzers.statistics.SumMatrix;
import java.util.List;

/**
 * M-SMoE (arXiv 2310.01334, stage 1 of MC-SMoE): the most used experts lead, every other one joins
 * the leader whose router logits are most like its own over all tokens, and experts count by use.
 *
 * <p>Unlike the published code, members are compared in the order of use without skipping any, an
 * expert's use is counted with the model's own number of experts per token, all neurons are matched
 * with the group's leader instead of expert 0, and a group that no token chose becomes the mean of
 * its members instead of zero.
 */
final class RouterLogitGroups implements GroupingMethod {
  @Override
  public String name() {
    return "m-smoe";
  }

  @Override
  public String description() {
    return "the most used experts lead, others join the one with the most similar router logits";
  }

  @Override
  public String source() {
    return "M-SMoE, stage 1 of MC-SMoE, arXiv 2310.01334";
  }

  @Override
  public boolean needsData() {
    return true;
  }

  @Override
  public double[] scores(LayerMeasurements layer) {
    return layer.requireRouted().overall().toArray(ExpertStatistic.N);
  }

  @Override
  public List<List<Integer>> groups(LayerMeasurements layer, List<Integer> candidates, int count) {
    LayerStatistics routed = layer.requireRouted();
    SumMatrix logits = routed.matrix(MatrixStatistic.ZGRAM);
    return Leaders.joinMostAlike(
        Leaders.order(candidates, scores(layer)), count, (a, b) -> (logits.cosine(a, b) + 1) / 2);
  }
}
