package io.moetool.transforms.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.moetool.analyzers.superexperts.ProtectList;
import io.moetool.formats.BadInputException;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.TensorStore;
import io.moetool.formats.TensorView;
import io.moetool.formats.family.Architecture;
import io.moetool.formats.family.FamilyCatalog;
import io.moetool.formats.family.ModelConfig;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SequencedSet;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Eight experts in four groups of two, and sixteen in four groups of four. */
class GroupedExpertsTest {
  /** The four lowest scores are in the first two groups. */
  private static final double[] TWO_GROUPS_LOW = {.1, .2, .3, .4, .8, .7, .5, .6};

  @Test
  void equallyManyGoFromEveryGroup() {
    Architecture sixteen = architecture(16, 4, 2, 4);
    double[] scores = new double[16];
    Arrays.setAll(scores, expert -> expert);

    LayerPlan layer = plan(sixteen, scores, Target.keep(8)).layers().getFirst();
    assertThat(layer.kept()).containsExactly(2, 3, 6, 7, 10, 11, 14, 15);
    assertThat(layer.margin()).hasValue(1);
  }

  @Test
  void theLowestScoresOfAllMayStayIfTheirGroupHasLowerOnes() {
    LayerPlan layer =
        new LayerChoice(
                LayerEvidence.ofWeights(1, TWO_GROUPS_LOW),
                new ExpertGroups(4, 2, 2),
                new TreeMap<>(),
                own -> own)
            .keep("statistics", 4);
    assertThat(layer.dropped()).containsExactly(0, 2, 5, 6);
  }

  @Test
  void groupsMustStayLargeEnoughToBeRanked() {
    Architecture eight = architecture(8, 4, 2, 2);
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> plan(eight, TWO_GROUPS_LOW, Target.remove("50%")))
        .withMessageContaining("remove 50%: 4 experts cannot be 4 equal groups of at least 2")
        .withMessageContaining("keep a multiple of 4, at least 8");
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> plan(eight, TWO_GROUPS_LOW, Target.remove("25%")))
        .withMessageContaining("6 experts cannot be 4 equal groups");
  }

  @Test
  void theGroupsInUseMustHoldTheExpertsOfAToken() {
    Architecture sixteen = architecture(16, 4, 2, 6);
    double[] scores = new double[16];
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> plan(sixteen, scores, Target.keep(8)))
        .withMessageContaining("8 experts cannot be 4 equal groups of at least 3")
        .withMessageContaining("keep a multiple of 4, at least 12");
    assertThatCode(() -> plan(sixteen, scores, Target.keep(12))).doesNotThrowAnyException();
  }

  @Test
  void protectionCountsWithinAGroup() {
    Architecture sixteen = architecture(16, 4, 2, 4);
    Protection protection =
        new Protection(
            List.of(
                new ProtectList(
                    1,
                    Optional.empty(),
                    "a rule",
                    Stream.of(4, 5, 6, 15)
                        .map(expert -> new ProtectList.Entry(1, expert, "because"))
                        .toList())));
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() ->
            planner(sixteen)
                .prune(
                    evidence(new double[16]),
                    PlanRequest.of(Target.keep(8)).protecting(protection)))
        .withMessageContaining(
            "layer 1: 3 experts are protected (4, 5, 6), only 2 may stay of their group")
        .withMessageContaining("keep at least 12 experts");
  }

  @Test
  void anEditThatMakesGroupsUnequalIsRefused() {
    Architecture sixteen = architecture(16, 4, 2, 4);
    double[] scores = new double[16];
    Arrays.setAll(scores, expert -> expert);
    String text = PlanFile.text(plan(sixteen, scores, Target.keep(8)));
    String edited =
        text.replace("[ 2, 3, 6, 7, 10,", "[ 1, 2, 3, 7, 10,")
            .replace("[ 0, 1, 4, 5, 8,", "[ 0, 4, 5, 6, 8,");

    PlanCheck.require("plan.json", PlanFile.parse("plan.json", text), sixteen, "sha256:grouped");
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() ->
            PlanCheck.require(
                "plan.json", PlanFile.parse("plan.json", edited), sixteen, "sha256:grouped"))
        .withMessageContaining(
            "plan.json, layer 1: of experts 0 to 3, which the router treats as a group, 3 are kept; of every group 2 must stay");
  }

  private static Plan plan(Architecture architecture, double[] scores, Target target) {
    return planner(architecture).prune(evidence(scores), PlanRequest.of(target));
  }

  private static Planner planner(Architecture architecture) {
    return new Planner(architecture, new NoTensors(), "sha256:grouped", "test");
  }

  private static Evidence evidence(double[] scores) {
    return new Evidence(
        "statistics",
        "sha256:grouped",
        "reap",
        OptionalLong.empty(),
        Optional.empty(),
        Optional.empty(),
        List.of(LayerEvidence.ofWeights(1, scores)));
  }

  private static Architecture architecture(int experts, int groups, int used, int perToken) {
    String config =
        """
        {"model_type": "glm4_moe", "num_hidden_layers": 2, "first_k_dense_replace": 1,
         "hidden_size": 8, "vocab_size": 10, "intermediate_size": 6, "moe_intermediate_size": 4,
         "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 4, "rms_norm_eps": 1e-5,
         "n_routed_experts": %d, "n_group": %d, "topk_group": %d, "num_experts_per_tok": %d}
        """
            .formatted(experts, groups, used, perToken);
    return FamilyCatalog.builtIn().resolve(ModelConfig.parse("config.json", config));
  }

  /** Sizes do not matter here. */
  private static final class NoTensors implements TensorStore {
    @Override
    public SequencedSet<String> names() {
      return new LinkedHashSet<>();
    }

    @Override
    public TensorInfo info(String name) {
      throw new IllegalArgumentException(name);
    }

    @Override
    public TensorView view(String name) {
      throw new IllegalArgumentException(name);
    }

    @Override
    public String location(String name) {
      throw new IllegalArgumentException(name);
    }

    @Override
    public void close() {}
  }
}
