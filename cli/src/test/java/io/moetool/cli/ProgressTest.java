package io.moetool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.cli.Progress.Style;
import io.moetool.cli.Progress.Unit;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class ProgressTest {
  private static final long SECOND = 1_000_000_000L;

  private final StringWriter err = new StringWriter();
  private long now;

  private Progress progress(Style style) {
    return new Progress(new PrintWriter(err), style, 80, () -> now);
  }

  @Test
  void theBarShowsShareRateAndTimeLeft() {
    Progress progress = progress(Style.BAR);
    progress.report("layer 0", 0, 400, Unit.TOKENS);
    now = 2 * SECOND;
    progress.report("layer 0", 100, 400, Unit.TOKENS);

    assertThat(err.toString())
        .endsWith("\r\u001b[2Klayer 0 [######------------------]  25%  50.0 tokens/s  0:06 left");
  }

  @Test
  void theBarIsNotDrawnMoreThanTenTimesASecond() {
    Progress progress = progress(Style.BAR);
    for (int done = 0; done < 1000; done++) {
      now += SECOND / 1000;
      progress.report("layer 0", done, 1000, Unit.TOKENS);
    }

    assertThat(err.toString().split("layer 0", -1)).hasSize(1 + 10);
  }

  @Test
  void aFinishedStepLeavesOneLine() {
    Progress progress = progress(Style.BAR);
    progress.report("write", 0, 2_000_000, Unit.BYTES);
    now = 4 * SECOND;
    progress.report("write", 2_000_000, 2_000_000, Unit.BYTES);

    assertThat(err.toString()).endsWith("\r\u001b[2Kmoetool: write: 2.0 MB in 4.0 s\n");
  }

  @Test
  void withoutATerminalThereIsOneLineAStep() {
    Progress progress = progress(Style.LINES);
    for (int done = 0; done <= 3; done++) {
      progress.report("layer 0", done, 3, Unit.STEPS);
      now += SECOND;
    }

    assertThat(err.toString()).isEqualTo("moetool: layer 0: 3 in 3.0 s\n");
  }

  @Test
  void silentIsSilent() {
    Progress progress = progress(Style.SILENT);
    progress.report("layer 0", 3, 3, Unit.STEPS);
    progress.clear();

    assertThat(err.toString()).isEmpty();
  }

  @Test
  void aLongNameDoesNotWrapTheTerminal() {
    Progress progress = progress(Style.BAR);
    progress.report("x".repeat(200), 0, 4, Unit.STEPS);

    assertThat(err.toString().replace("\r\u001b[2K", "")).hasSize(79);
  }
}
