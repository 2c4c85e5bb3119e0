package io.moetool.analyzers.specialisation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.moetool.analyzers.statistics.RoutedStatistics;
import io.moetool.analyzers.statistics.Statistics;
import io.moetool.analyzers.statistics.Synthetic;
import io.moetool.formats.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpecialisationTest {
  private static final List<String> DOMAINS = List.of("maths", "prose");

  @TempDir Path folder;

  @Test
  void disjointUseTellsTheDomain() {
    LayerSpecialisation found = layer(new double[] {6, 0}, new double[] {0, 6});
    assertThat(found.information()).isCloseTo(1, within(1e-12));
    assertThat(found.share()).isCloseTo(1, within(1e-12));
    assertThat(found.overlap()).containsExactly(List.of(1.0, 0.0), List.of(0.0, 1.0));
    assertThat(found.domains().get("prose"))
        .isEqualTo(new LayerSpecialisation.DomainUse(0, 1, 1, List.of(1, 0)));
  }

  @Test
  void equalUseTellsNothing() {
    LayerSpecialisation found = layer(new double[] {3, 1}, new double[] {6, 2});
    assertThat(found.information()).isCloseTo(0, within(1e-12));
    assertThat(found.overlap().getFirst()).containsExactly(1.0, 1.0);
  }

  private static LayerSpecialisation layer(double[]... counts) {
    RoutedStatistics routed = Synthetic.withCounts(DOMAINS, counts).requireRouted();
    return LayerSpecialisation.of(routed.data(), routed.layers().getFirst());
  }

  @Test
  void packsRankEveryExpertForEveryDomainAndAreReadAgain() {
    Statistics statistics = Synthetic.random(3, 6, 2, 4, DOMAINS);
    TaskPacks packs = TaskPacks.of(statistics).orElseThrow();
    packs.write(folder.resolve(TaskPacks.NAME));
    TaskPacks read = TaskPacks.read(folder, statistics.model().fingerprint(), 6);
    assertThat(read).isEqualTo(packs);
    assertThat(read.domains()).isEqualTo(DOMAINS);
    TaskPack pack = read.pack("prose", "tcess").orElseThrow();
    assertThat(pack.ranking(2)).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5);
    assertThat(pack.kept(2, 4)).containsAll(pack.kept(2, 3)).hasSize(4);
    assertThat(read.pack("music", "tcess")).isEmpty();
  }

  @Test
  void packsOfOtherModelsAndBrokenRankingsAreRefused() throws IOException {
    Statistics statistics = Synthetic.random(1, 3, 1, 4, DOMAINS);
    Path file = folder.resolve("packs.json");
    TaskPacks.of(statistics).orElseThrow().write(file);
    assertThatThrownBy(() -> TaskPacks.read(file, "sha256:other", 3))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("another model");
    Files.writeString(
        file,
        Files.readString(file).replaceFirst("(?s)\"ranking\": *\\[[^]]*]", "\"ranking\":[0,1,1]"));
    assertThatThrownBy(() -> TaskPacks.read(file, statistics.model().fingerprint(), 3))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("does not name each of the 3 experts once");
  }
}
