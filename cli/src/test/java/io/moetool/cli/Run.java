package io.moetool.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Optional;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A command line that has been run: how it ended and what it wrote. */
record Run(int code, String out, String err) {
  /** The bundled model. */
  static final Path BUNDLED = Path.of("../examples/tinymoe-6d");

  /** Runs without a terminal. */
  static Run of(Object... arguments) {
    return at(Optional.empty(), arguments);
  }

  /** As {@link #of}, started from a distribution. */
  static Run at(Optional<Path> home, Object... arguments) {
    String[] texts = new String[arguments.length];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = arguments[i].toString();
    }
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    Environment environment = new Environment(false, false, 80, home);
    int code = Moetool.run(environment, new PrintWriter(out), new PrintWriter(err), texts);
    return new Run(code, out.toString(), err.toString());
  }

  /** Standard output, which must be one JSON document and nothing else. */
  JsonNode json() {
    return JsonMapper.builder()
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .build()
        .readTree(out);
  }
}
