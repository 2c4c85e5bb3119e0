package io.moetool.formats.checkpoint;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.core.util.Separators;
import tools.jackson.core.util.Separators.Spacing;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;

/** An index, byte for byte as transformers would write it: indented by 2, keys sorted, ASCII. */
final class IndexText {
  private static final ObjectWriter WRITER =
      JsonMapper.builder()
          .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
          .disable(JsonWriteFeature.WRITE_HEX_UPPER_CASE)
          .build()
          .writer()
          .with(
              new DefaultPrettyPrinter(
                      Separators.createDefaultInstance().withObjectNameValueSpacing(Spacing.AFTER))
                  .withObjectIndenter(new DefaultIndenter("  ", "\n")));

  private IndexText() {}

  static String of(long tensorBytes, Map<String, String> weightMap) {
    SortedMap<String, Object> root = new TreeMap<>();
    root.put("metadata", Map.of("total_size", tensorBytes));
    root.put("weight_map", new TreeMap<>(weightMap));
    return WRITER.writeValueAsString(root) + "\n";
  }
}
