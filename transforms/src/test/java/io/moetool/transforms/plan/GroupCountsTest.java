package io.moetool.transforms.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.analyzers.superexperts.ProtectList;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class GroupCountsTest {
  /** Shares of use in two layers, times a different number of tokens. */
  private static final Evidence USE =
      evidence(new double[][] {{50, 30, 15, 5}, {400, 300, 200, 100}});

  @Test
  void theLargestSharesOfAllLayersLead() {
    assertThat(GroupCounts.of(USE, Protection.NONE, 2, 1)).containsExactly(2, 2);
    // a tie of .30 in both layers: the earlier one counts, and one group each is certain
    assertThat(GroupCounts.ofTotal(USE, Protection.NONE, 3, 1)).containsExactly(2, 1);
    assertThat(GroupCounts.ofTotal(USE, Protection.NONE, 5, 1)).containsExactly(2, 3);
    assertThat(GroupCounts.ofTotal(USE, Protection.NONE, 8, 1)).containsExactly(4, 4);
  }

  @Test
  void floorsAndProtectedExpertsComeFirst() {
    assertThat(GroupCounts.of(USE, Protection.NONE, 3, 3)).containsExactly(3, 3);
    Protection two =
        new Protection(
            List.of(
                ProtectList.ofExperts(
                    Optional.empty(),
                    "a rule",
                    List.of(
                        new ProtectList.Entry(0, 2, "because"),
                        new ProtectList.Entry(0, 3, "because")))));
    // the protected two and one group beside them; what is left goes to the second layer
    assertThat(GroupCounts.of(USE, two, 2, 1)).containsExactly(3, 1);
  }

  private static Evidence evidence(double[][] scores) {
    List<LayerEvidence> layers = new ArrayList<>();
    for (int i = 0; i < scores.length; i++) {
      layers.add(LayerEvidence.ofWeights(i, scores[i]));
    }
    return new Evidence(
        "statistics",
        "fingerprint",
        "m-smoe",
        OptionalLong.empty(),
        Optional.empty(),
        Optional.empty(),
        layers);
  }
}
