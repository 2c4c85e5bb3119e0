package io.moetool.transforms.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.moetool.analyzers.specialisation.TaskPack;
import io.moetool.analyzers.specialisation.TaskPacks;
import io.moetool.analyzers.statistics.MeasuredModel;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.formats.BadInputException;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.TinyCheckpoint;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PackedDomainsTest {
  private static final List<Integer> CODE = List.of(7, 0, 1, 2, 3, 4, 5, 6);
  private static final List<Integer> MATH = List.of(5, 7, 6, 4, 3, 2, 1, 0);

  @TempDir Path folder;
  private SourceModel source;

  @BeforeEach
  void open() {
    source = new TinyCheckpoint().open(folder.resolve("model"), 1);
  }

  @AfterEach
  void close() {
    source.close();
  }

  /**
   * With code = 2, math = 1: expert 7 is first for code (2/1) and second for math (1/2), expert 0
   * second for code (2/2), expert 5 first for math (1/1) and seventh for code (2/7).
   */
  @Test
  void anExpertsTurnIsWhenTheFirstDomainMeetsIt() {
    PackedDomains packed = packed(mix("code", 2., "math", 1.));
    Plan plan = plan(packed, Target.keep(4));

    LayerPlan layer = plan.layers().getFirst();
    assertThat(layer.scores())
        .containsExactly(2. / 2, 2. / 3, 2. / 4, 2. / 5, 2. / 6, 1. / 1, 1. / 3, 2. / 1);
    assertThat(layer.kept()).containsExactly(0, 1, 5, 7);
    assertThat(plan.method()).isEqualTo("task_pack");
    assertThat(plan.options().domains())
        .hasValue("code=2, math=1, by places in task packs (easy_ep)");
    assertThat(plan.statistics()).hasValue(new Plan.Statistics("sha256:data", 30));
    assertThat(packed.first(3).experts())
        .extracting(entry -> entry.layer() + ":" + entry.expert())
        .containsExactly("1:7", "1:0", "1:5", "2:7", "2:0", "2:5");
  }

  @Test
  void oneDomainAloneIsItsRankingAndFewerAreASubset() {
    for (int keep = 2; keep <= 8; keep++) {
      assertThat(plan(packed(mix("math", 3.)), Target.keep(keep)).layers())
          .extracting(LayerPlan::kept)
          .containsOnly(MATH.subList(0, keep).stream().sorted().toList());
    }
    assertThat(plan(packed(mix("code", 1., "math", 1.)), Target.keep(4)).layers().getFirst().kept())
        .containsAll(
            plan(packed(mix("code", 1., "math", 1.)), Target.keep(2)).layers().getFirst().kept());
  }

  @Test
  void anotherMethodFillsUpWhatThePackLeaves() {
    Evidence scores = TinyEvidence.of(source, .8, .7, .6, .5, .4, .3, .2, .1);
    PackedDomains packed = packed(mix("math", 1.));

    Plan plan = planner().prune(scores, with(packed, 2, PlanRequest.of(Target.keep(4))));
    assertThat(plan.layers().getFirst().kept()).containsExactly(0, 1, 5, 7);
    assertThat(plan.method()).isEqualTo("reap");
    assertThat(plan.options().protection())
        .containsExactly(
            "task pack: the first 2 experts of every layer for math=1, by places (easy_ep),"
                + " from data sha256:data");
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> planner().prune(scores, with(packed, 5, PlanRequest.of(Target.keep(4)))))
        .withMessageContaining("5 experts are protected (3, 4, 5, 6, 7), only 4 may stay")
        .withMessageContaining("keep at least 5 experts");
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() ->
            planner()
                .prune(scores, with(packed, 5, PlanRequest.of(Target.keep(4)).withMultipleOf(4))))
        .withMessageContaining("keep at least 8 experts");
  }

  @Test
  void unknownDomainsAreRefusedWithTheKnownOnes() {
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> packed(mix("music", 1.)))
        .withMessageContaining("packs.json: there is no task pack for domain 'music'")
        .withMessageContaining("name some of code, math");
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(
            () -> PackedDomains.of("packs.json", packs(), mix("math", 1.), "tcess", List.of(1)))
        .withMessageContaining("the experts are not ranked by tcess for domain 'math'");
  }

  private static PlanRequest with(PackedDomains packed, int experts, PlanRequest request) {
    return request.protecting(new Protection(List.of(packed.first(experts))));
  }

  private Plan plan(PackedDomains packed, Target target) {
    Statistics none =
        Statistics.none(MeasuredModel.of(source.architecture(), source.fingerprint()));
    return planner().prune(packed.evidence(none), PlanRequest.of(target));
  }

  private Planner planner() {
    return new Planner(source.architecture(), source.tensors(), source.fingerprint(), "test");
  }

  private PackedDomains packed(SequencedMap<String, Double> mix) {
    return PackedDomains.of("packs.json", packs(), mix, "easy_ep", TinyCheckpoint.MOE_LAYERS);
  }

  private TaskPacks packs() {
    return new TaskPacks(
        1,
        source.fingerprint(),
        "sha256:data",
        List.of(pack("code", 10, CODE), pack("math", 20, MATH)));
  }

  private static TaskPack pack(String domain, long tokens, List<Integer> ranking) {
    return new TaskPack(
        domain,
        "easy_ep",
        tokens,
        TinyCheckpoint.MOE_LAYERS.stream()
            .map(layer -> new TaskPack.Layer(layer, ranking))
            .toList());
  }

  private static SequencedMap<String, Double> mix(String name, double weight) {
    return new LinkedHashMap<>(Map.of(name, weight));
  }

  private static SequencedMap<String, Double> mix(
      String first, double weight, String second, double other) {
    SequencedMap<String, Double> mix = mix(first, weight);
    mix.put(second, other);
    return mix;
  }
}
