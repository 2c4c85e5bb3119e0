package io.moetool.runtime.graph;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.formats.family.RelativeAttention;
import io.moetool.formats.json.Json;
import java.nio.file.Path;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class PositionBucketsTest {
  private static final Path EXPECTED =
      Path.of("src/test/resources/encoder/switch-transformers/expected.json");

  @Test
  void distancesFallIntoTheBucketsOfTheReferenceLibrary() {
    JsonNode cases = Json.readObject(EXPECTED).get("buckets");
    assertThat(cases).hasSize(4);
    for (JsonNode expected : cases) {
      RelativeAttention attention =
          new RelativeAttention(
              1,
              1,
              expected.get("buckets").intValue(),
              expected.get("maxDistance").intValue(),
              !expected.get("encoder").booleanValue());
      assertThat(PositionBuckets.byDistance(attention))
          .containsExactly(
              StreamSupport.stream(expected.get("byDistance").spliterator(), false)
                  .mapToLong(JsonNode::longValue)
                  .toArray());
    }
  }

  /** Of 8 buckets 4 are for tokens before: 0 and 1 alone, 2 and 3, all from 4 on. */
  @Test
  void longDistancesShareBuckets() {
    RelativeAttention attention = new RelativeAttention(1, 1, 8, 8, false);
    assertThat(PositionBuckets.byDistance(attention)).containsExactly(0, 1, 2, 2, 3, 3, 3, 3, 3);
  }
}
