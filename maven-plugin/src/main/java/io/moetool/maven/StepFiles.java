package io.moetool.maven;

import java.nio.file.Path;

/**
 * Where a step keeps its files, all of them below one folder of the build.
 *
 * @param folder of all steps of a module
 * @param name of the step: its goal, and the execution's id unless that is a default
 */
record StepFiles(Path folder, String name) {
  /** The files of an execution of a goal. */
  static StepFiles of(Path folder, String goal, String execution) {
    return new StepFiles(folder, execution.startsWith("default") ? goal : goal + "-" + execution);
  }

  /** The tool's own document about the step. */
  Path document() {
    return folder.resolve("steps").resolve(name + ".json");
  }

  /** The tool's own page about the step, for those that have one. */
  Path page() {
    return folder.resolve("steps").resolve(name + ".html");
  }

  /** What happened last. */
  Path record() {
    return folder.resolve(".state").resolve(name + ".json");
  }

  /** The step's checks, as CI systems read them. */
  Path junit() {
    return folder.resolve("junit").resolve("TEST-moetool." + name + ".xml");
  }

  /** All steps of the module, for machines. */
  Path summary() {
    return folder.resolve("summary.json");
  }

  /** All steps of the module, for people. */
  Path report() {
    return folder.resolve("report.html");
  }
}
