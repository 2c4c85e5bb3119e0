package io.moetool.cli;

import io.moetool.analyzers.Analysis;
import io.moetool.analyzers.report.Report;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A command of the demonstration.
 *
 * @param title what it is for
 * @param arguments command line without the program's name
 */
record DemoStep(String title, List<String> arguments) {
  private static final String ANALYSIS = "analysis";
  private static final String PLAN = "plan.json";
  private static final String PRUNED = "pruned";
  private static final String MERGED = "merged";
  private static final String EXPORT = "pruned-onnx";

  /**
   * All steps.
   *
   * @param examples folder with the bundled model and text
   * @param output folder for all results
   */
  static List<DemoStep> all(Path examples, Path output) {
    Path model = examples.resolve("tinymoe-6d");
    Path calibration = examples.resolve("text").resolve("calibration.jsonl");
    Path heldOut = examples.resolve("text").resolve("heldout.jsonl");
    Path analysis = output.resolve(ANALYSIS);
    Path plan = output.resolve(PLAN);
    Path pruned = output.resolve(PRUNED);
    Path merged = output.resolve(MERGED);
    Path export = output.resolve(EXPORT);
    return List.of(
        step("What is in the checkpoint?", "inspect", model),
        step(
            "Which experts matter? One pass over calibration text.",
            "analyze",
            model,
            "--data",
            calibration,
            "-o",
            analysis),
        step(
            "Decide which half of the experts goes.",
            "plan",
            model,
            "--statistics",
            analysis,
            "--method",
            "reap",
            "--remove",
            "50%",
            "-o",
            plan),
        step("Carry the plan out.", "prune", model, "--plan", plan, "-o", pruned),
        step("Prove what was written.", "verify", pruned, "--source", model),
        step(
            "How well does it predict text it has not seen?",
            "evaluate",
            pruned,
            "--data",
            heldOut),
        step(
            "Or put experts that are alike together, instead of removing half.",
            "merge",
            model,
            "--statistics",
            analysis,
            "--method",
            "ream",
            "--remove",
            "50%",
            "-o",
            merged),
        step("And that one?", "evaluate", merged, "--data", heldOut),
        step("Export the pruned one.", "convert", pruned, "--to", "onnx", "-o", export),
        step(
            "What did it cost? The original against the export on ONNX Runtime.",
            "validate",
            model,
            export,
            "--data",
            heldOut));
  }

  /** What people type. */
  List<String> commandLine() {
    List<String> line = new ArrayList<>(List.of("moetool"));
    line.addAll(arguments);
    return line;
  }

  /** The last lines. */
  static String whereToLook(Path output, double seconds, Console.Ink ink) {
    Table table = new Table();
    table.row("report", output.resolve(ANALYSIS).resolve(Report.NAME));
    table.row("all numbers", output.resolve(ANALYSIS).resolve(Analysis.NAME));
    table.row("plan", output.resolve(PLAN));
    table.row("pruned model", output.resolve(PRUNED));
    table.row("merged model", output.resolve(MERGED));
    table.row("ONNX model", output.resolve(EXPORT).resolve("model.onnx"));
    return "%s\n%s"
        .formatted(
            ink.bold("Done in %s. Where to look:".formatted(EvaluationText.seconds(seconds))),
            table.render("  "));
  }

  private static DemoStep step(String title, Object... arguments) {
    return new DemoStep(title, Stream.of(arguments).map(Object::toString).toList());
  }
}
