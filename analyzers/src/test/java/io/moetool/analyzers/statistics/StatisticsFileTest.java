package io.moetool.analyzers.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.moetool.formats.BadInputException;
import io.moetool.formats.DType;
import io.moetool.formats.OutputTensor;
import io.moetool.formats.Shape;
import io.moetool.formats.TensorContent;
import io.moetool.formats.TensorInfo;
import io.moetool.formats.publish.WriteProgress;
import io.moetool.formats.safetensors.SafetensorsFile;
import io.moetool.formats.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatisticsFileTest {
  private static final List<String> DOMAINS = List.of("java", "</script> \" \u0007 \n domain");
  private static final String KEY = "moetool-statistics";

  @TempDir Path folder;
  private Path good;

  @BeforeEach
  void writeOne() {
    good = folder.resolve(StatisticsFile.NAME);
    StatisticsFile.write(good, Synthetic.random(2, 4, 2, 3, DOMAINS));
  }

  @Test
  void whatIsWrittenIsRead() throws IOException {
    Statistics written = Synthetic.random(2, 4, 2, 3, DOMAINS);
    Statistics read = StatisticsFile.read(good);

    assertThat(read.model()).isEqualTo(written.model());
    assertThat(read.requireRouted().data()).isEqualTo(written.requireRouted().data());
    Path again = folder.resolve("again.safetensors");
    StatisticsFile.write(again, read);
    assertThat(Files.readAllBytes(again)).isEqualTo(Files.readAllBytes(good));
  }

  /** Whatever becomes of some bytes of the header, the file is read or refused. */
  @Test
  void damageAtRandomIsReadOrRefused() throws IOException {
    byte[] sound = Files.readAllBytes(good);
    int header = (sound[0] & 0xff) | ((sound[1] & 0xff) << 8);
    SplittableRandom random = new SplittableRandom(20250109);
    Path file = folder.resolve("damaged.safetensors");
    int refused = 0;
    for (int trial = 0; trial < 500; trial++) {
      byte[] damaged = sound.clone();
      for (int edit = random.nextInt(3); edit >= 0; edit--) {
        damaged[random.nextInt(8 + header)] =
            (byte) "0123456789[]{},:\"\\abFx".charAt(random.nextInt(22));
      }
      Files.write(file, damaged);
      try {
        Statistics read = StatisticsFile.read(file);
        assertThat(read.model().experts()).isEqualTo(4);
      } catch (BadInputException e) {
        refused++;
      }
    }
    assertThat(refused).isGreaterThan(300);
  }

  @Test
  void aFolderStandsForTheFileInIt() {
    assertThat(StatisticsFile.read(folder).model().experts()).isEqualTo(4);
  }

  @Test
  void everySumIsATensorOfItsOwn() {
    try (SafetensorsFile file = SafetensorsFile.open(good)) {
      assertThat(file.info("layers.1.domain1.r1").shape()).isEqualTo(Shape.of(4));
      assertThat(file.info("layers.0.zgram").shape()).isEqualTo(Shape.of(4, 4));
      assertThat(file.info("layers.0.fsum").shape()).isEqualTo(Shape.of(4, 3));
      assertThat(file.info("layers.0.weights.absSum").dtype()).isEqualTo(DType.F64);
      assertThat(file.header().metadata()).containsOnlyKeys(KEY);
    }
  }

  @Test
  void statisticsOfWeightsAloneNeedNoData() {
    Path file = folder.resolve("weights.safetensors");
    StatisticsFile.write(file, Synthetic.withWeights(new double[] {1, -2}, new double[] {3, 4}));
    Statistics read = StatisticsFile.read(file);

    assertThat(read.routed()).isEmpty();
    assertThat(read.weights().orElseThrow().layers().getFirst().get(WeightStatistic.ABS_SUM, 1))
        .isEqualTo(7);
    assertThatThrownBy(read::requireRouted)
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("nothing was measured on data");
  }

  @Test
  void aMissingFileSaysHowToGetOne() {
    assertThatThrownBy(() -> StatisticsFile.read(folder.resolve("nowhere")))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("there are no statistics")
        .hasMessageContaining("run analyze first");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "layers.0.domain0.a1      |-1   |layers.0.domain0.a1, expert 2|the value is -1.0",
        "layers.1.domain1.r1      |NaN  |layers.1.domain1.r1, expert 2|the value is NaN",
        "layers.1.weights.absSum  |Infinity|layers.1.weights.absSum, expert 2|the value is Infinity",
        "layers.0.domain1.n       |0.5  |layer 0, expert 2|chosen by 0.5 of 20000 tokens",
        "layers.0.domain1.n       |40001|layer 0, expert 2|chosen by 40001.0 of 20000 tokens",
        "layers.0.domain0.n       |0    |layer 0, domain 'java'|20000 tokens choose 2 each",
        "layers.0.coact           |NaN  |layers.0.coact, expert 0|the value is NaN"
      })
  void numbersThatMakeNoSenseAreRefusedWithTheirPlace(
      String tensor, double value, String place, String problem) {
    Path bad =
        rewritten(
            metadata -> {},
            tensors -> tensors.computeIfPresent(tensor, (name, values) -> with(values, 2, value)));

    assertThatThrownBy(() -> StatisticsFile.read(bad))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(bad.toString())
        .hasMessageContaining(place)
        .hasMessageContaining(problem)
        .hasMessageContaining("analyze the model again");
  }

  @Test
  void sumsThatMayBeNegativeMayBe() {
    Path file =
        rewritten(
            metadata -> {},
            tensors -> tensors.computeIfPresent("layers.0.domain0.zsum", (n, v) -> with(v, 2, -5)));
    assertThat(
            StatisticsFile.read(file)
                .requireRouted()
                .layers()
                .getFirst()
                .byDomain()
                .getFirst()
                .get(ExpertStatistic.ZSUM, 2))
        .isEqualTo(-5);
  }

  @Test
  void aMissingTensorIsNamed() {
    refuses(
        rewritten(metadata -> {}, tensors -> tensors.remove("layers.1.zgram")),
        "tensor layers.1.zgram: is missing");
  }

  @Test
  void anUnknownTensorIsNamed() {
    refuses(
        rewritten(metadata -> {}, tensors -> tensors.put("layers.9.n", new double[4])),
        "'layers.9.n': is no statistic");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"experts\":4        |\"experts\":5         |is F64[4], the metadata ask for F64[5]",
        "\"experts\":4        |\"experts\":0         |0 experts per layer",
        "\"experts\":4        |\"experts\":2000000000|2000000000 experts per layer",
        "\"hidden\":3         |\"hidden\":2147483647 |hidden size 2147483647",
        "\"expertsPerToken\":2|\"expertsPerToken\":5 |5 of 4 experts per token",
        "\"moeLayers\":[0,1]  |\"moeLayers\":[1,0]   |layer 0 among those with experts",
        "\"moeLayers\":[0,1]  |\"moeLayers\":[0,2]   |layer 2 among those with experts",
        "\"moeLayers\":[0,1]  |\"moeLayers\":[]      |no layer has experts",
        "\"sequences\":10     |\"sequences\":-1      |has -1 sequences",
        "\"weights\":true     |\"weights\":false     |is no statistic that the metadata announce",
        "\"formatVersion\":4  |\"formatVersion\":2   |it has format version 2",
        "\"encoderLayers\":0  |\"encoderLayers\":3   |3 of 2 layers read a source",
        "\"encoderLayers\":0  |\"encoderLayers\":1   |20000 tokens and 0 of sources",
        "\"expertCapacity\":null|\"expertCapacity\":0|experts take 0 tokens",
        "\"weights\":true     |\"weights\":true,\"more\":1|more",
        "\"hidden\":3         |\"hidden\":3,\"hidden\":3|Duplicate"
      })
  void metadataThatMakeNoSenseAreRefused(String from, String to, String problem) {
    refuses(
        rewritten(
            metadata ->
                metadata.compute(
                    KEY,
                    (key, text) -> {
                      assertThat(text).isNotNull().contains(from.strip());
                      return String.valueOf(text)
                          .replaceFirst(Pattern.quote(from.strip()), to.strip());
                    }),
            tensors -> {}),
        problem);
  }

  /** Version 3 knew neither sources nor capacities, and said the same otherwise. */
  @Test
  void filesOfTheVersionBeforeAreRead() {
    Path old =
        rewritten(
            metadata ->
                metadata.computeIfPresent(
                    KEY,
                    (key, text) ->
                        text.replace("\"formatVersion\":4", "\"formatVersion\":3")
                            .replace("\"encoderLayers\":0,", "")
                            .replace("\"expertCapacity\":null,", "")
                            .replaceAll(",\"sourceTokens\":0", "")
                            .replaceAll(",\"sourceSample\":\\{[^}]*}", "")),
            tensors -> {});
    Statistics read = StatisticsFile.read(old);

    assertThat(read.model()).isEqualTo(StatisticsFile.read(good).model());
    assertThat(read.requireRouted().data())
        .isEqualTo(StatisticsFile.read(good).requireRouted().data());
    try (SafetensorsFile file = SafetensorsFile.open(old)) {
      assertThat(file.header().metadata().get(KEY))
          .contains("\"formatVersion\":3")
          .doesNotContain("source", "encoder", "apacity");
    }
  }

  @Test
  void aCheckpointIsNoStatistics() {
    refuses(rewritten(Map::clear, tensors -> {}), "it has no 'moetool-statistics' in its metadata");
  }

  @Test
  void statisticsOverOtherDataAddUp() {
    Statistics first = Synthetic.random(2, 4, 2, 3, List.of("a", "b"));
    Statistics second = withFingerprint(Synthetic.random(2, 4, 2, 3, List.of("b", "c")));
    Statistics sum = first.plus(second);

    assertThat(sum.requireRouted().data().domainNames()).containsExactly("a", "b", "c");
    assertThat(sum.requireRouted().data().tokens()).isEqualTo(80_000);
    LayerStatistics one = first.requireRouted().layers().get(1);
    LayerStatistics two = second.requireRouted().layers().get(1);
    LayerStatistics both = sum.requireRouted().layers().get(1);
    assertThat(both.byDomain().get(1).get(ExpertStatistic.A1, 3))
        .isEqualTo(
            one.byDomain().get(1).get(ExpertStatistic.A1, 3)
                + two.byDomain().get(0).get(ExpertStatistic.A1, 3));
    assertThat(both.overall().get(ExpertStatistic.MX, 3))
        .isEqualTo(
            Math.max(
                one.overall().get(ExpertStatistic.MX, 3),
                two.overall().get(ExpertStatistic.MX, 3)));
    assertThat(both.matrix(MatrixStatistic.ZGRAM).get(1, 2))
        .isEqualTo(
            one.matrix(MatrixStatistic.ZGRAM).get(1, 2)
                + two.matrix(MatrixStatistic.ZGRAM).get(1, 2));
    Path file = folder.resolve("sum.safetensors");
    StatisticsFile.write(file, sum);
    assertThat(StatisticsFile.read(file).requireRouted().data().fingerprints())
        .containsExactly("sha256:d", "sha256:other");
  }

  @Test
  void theSameDataDoesNotCountTwice() {
    Statistics statistics = Synthetic.random(1, 4, 2, 3, DOMAINS);
    assertThatThrownBy(() -> statistics.plus(statistics))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("sha256:d: that data is counted already");
  }

  @Test
  void statisticsOfAnotherModelAreRefused() {
    Statistics statistics = Synthetic.random(1, 4, 2, 3, DOMAINS);
    assertThatThrownBy(() -> statistics.plus(Synthetic.random(1, 5, 2, 3, DOMAINS)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("another model");
    assertThatThrownBy(() -> statistics.model().requireFingerprint("dir", "sha256:x"))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("dir: the statistics are of another model");
  }

  private static Statistics withFingerprint(Statistics statistics) {
    RoutedStatistics routed = statistics.requireRouted();
    return new Statistics(
        statistics.model(),
        Optional.of(
            new RoutedStatistics(
                new MeasuredData(List.of("sha256:other"), routed.data().domains()),
                routed.layers())),
        statistics.weights(),
        statistics.sampled());
  }

  private static void refuses(Path file, String problem) {
    assertThatThrownBy(() -> StatisticsFile.read(file))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining(problem);
  }

  private static double[] with(double[] values, int index, double value) {
    double[] changed = values.clone();
    changed[index] = value;
    return changed;
  }

  /** The good file with other metadata and other tensors. */
  private Path rewritten(
      Consumer<Map<String, String>> metadata, Consumer<Map<String, double[]>> tensors) {
    Map<String, String> texts = new LinkedHashMap<>();
    Map<String, double[]> values = new LinkedHashMap<>();
    Map<String, Shape> shapes = new LinkedHashMap<>();
    try (SafetensorsFile file = SafetensorsFile.open(good)) {
      texts.putAll(file.header().metadata());
      for (String name : file.names()) {
        shapes.put(name, file.info(name).shape());
        values.put(name, file.view(name).bytes().toArray(StatisticsFile.STORED));
      }
    }
    metadata.accept(texts);
    tensors.accept(values);
    List<OutputTensor> outputs = new ArrayList<>();
    values.forEach((name, array) ->
        outputs.add(
            new OutputTensor(
                new TensorInfo(name, DType.F64, shapes.getOrDefault(name, Shape.of(array.length))),
                TensorContent.of(List.of(stored(array))))));
    Path bad = folder.resolve("bad.safetensors");
    SafetensorsWriter.write(bad, outputs, texts, WriteProgress.none());
    return bad;
  }

  private static MemorySegment stored(double[] values) {
    MemorySegment bytes = MemorySegment.ofArray(new byte[values.length * Double.BYTES]);
    MemorySegment.copy(values, 0, bytes, StatisticsFile.STORED, 0, values.length);
    return bytes;
  }
}
