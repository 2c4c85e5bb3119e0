package io.moetool.runtime.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class WorkPoolTest {
  @Test
  void everyUnitRunsOnce() {
    AtomicIntegerArray runs = new AtomicIntegerArray(1000);
    try (WorkPool pool = new WorkPool(3)) {
      pool.forEach(runs.length(), runs::incrementAndGet);
    }
    for (int i = 0; i < runs.length(); i++) {
      assertThat(runs.get(i)).isEqualTo(1);
    }
  }

  @Test
  void aFailureReachesTheCallerAndThePoolStaysUsable() {
    try (WorkPool pool = new WorkPool(2)) {
      assertThatThrownBy(() ->
              pool.forEach(
                  10,
                  i -> {
                    if (i == 3) {
                      throw new IllegalArgumentException("unit 3");
                    }
                  }))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("unit 3");
      AtomicIntegerArray runs = new AtomicIntegerArray(4);
      pool.forEach(4, runs::incrementAndGet);
      assertThat(runs.toString()).isEqualTo("[1, 1, 1, 1]");
    }
  }

  @Test
  void unitsWithinUnitsAreDoneWithoutMoreThreads() {
    try (WorkPool pool = new WorkPool(2)) {
      AtomicIntegerArray runs = new AtomicIntegerArray(12);
      pool.forEach(4, i -> pool.forEach(3, j -> runs.incrementAndGet(3 * i + j)));
      for (int i = 0; i < runs.length(); i++) {
        assertThat(runs.get(i)).isEqualTo(1);
      }
    }
  }
}
