package io.moetool.maven;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.apache.maven.plugin.logging.SystemStreamLog;
import org.junit.jupiter.api.Test;

class ToolMessagesTest {
  private static final class Recorded extends SystemStreamLog {
    final List<String> lines = new ArrayList<>();

    @Override
    public void info(CharSequence content) {
      lines.add("info " + content);
    }

    @Override
    public void warn(CharSequence content) {
      lines.add("warn " + content);
    }
  }

  private final Recorded log = new Recorded();
  private final ToolMessages messages = new ToolMessages(log);

  @Test
  void theLastMessageIsTheFailure() {
    messages.accept("WARNING: Using incubator modules: jdk.incubator.vector");
    messages.accept("moetool: reading: 3 in 0.1 s");
    messages.accept("moetool: warning: the tokenizer is old");
    messages.accept("moetool: plan.json: is no plan");
    messages.accept("  make it with 'moetool plan'");

    assertThat(messages.failure().lines())
        .containsExactly("plan.json: is no plan", "  make it with 'moetool plan'");
    assertThat(log.lines).containsExactly("info reading: 3 in 0.1 s", "warn the tokenizer is old");
  }

  @Test
  void aRunThatDidNotFailHasNoFailure() {
    messages.accept("moetool: warning: the tokenizer is old");
    messages.flush();

    assertThat(log.lines).containsExactly("warn the tokenizer is old");
    assertThat(messages.failure()).isEmpty();
  }
}
