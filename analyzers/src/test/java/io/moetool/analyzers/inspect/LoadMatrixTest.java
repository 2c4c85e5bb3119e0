package io.moetool.analyzers.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import io.moetool.analyzers.inspect.Loading.Verdict;
import org.junit.jupiter.api.Test;

class LoadMatrixTest {
  private static Verdict verdict(
      String program, boolean complete, int experts, int expertsPerToken) {
    return LoadMatrix.of(complete, experts, expertsPerToken).stream()
        .filter(loading -> loading.program().equals(program))
        .map(Loading::verdict)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aCompleteCheckpointLoadsEverywhere() {
    assertThat(LoadMatrix.of(true, 64, 8)).extracting(Loading::verdict).containsOnly(Verdict.YES);
  }

  @Test
  void anIncompleteOneLoadsNowhere() {
    assertThat(LoadMatrix.of(false, 64, 8)).extracting(Loading::verdict).containsOnly(Verdict.NO);
  }

  @Test
  void countsThatFusedKernelsRefuseLimitVllmOnly() {
    assertThat(verdict("vLLM", true, 63, 8)).isEqualTo(Verdict.LIMITED);
    assertThat(verdict("vLLM", true, 516, 8)).isEqualTo(Verdict.LIMITED);
    assertThat(verdict("transformers", true, 63, 8)).isEqualTo(Verdict.YES);
  }

  @Test
  void anExpertMoreThanATokenUsesIsWanted() {
    assertThat(verdict("vLLM", true, 8, 8)).isEqualTo(Verdict.LIMITED);
    assertThat(verdict("vLLM", true, 12, 8)).isEqualTo(Verdict.YES);
  }

  @Test
  void llamaCppHasACompiledInLimit() {
    assertThat(verdict("llama.cpp", true, 512, 8)).isEqualTo(Verdict.YES);
    assertThat(verdict("llama.cpp", true, 513, 8)).isEqualTo(Verdict.NO);
  }
}
