package io.moetool.cli;

import io.moetool.runtime.ort.Device;
import io.moetool.runtime.ort.OrtEngine;
import io.moetool.runtime.run.WorkPool;
import io.moetool.transforms.SourceModel;
import io.moetool.transforms.convert.ExportSource;
import io.moetool.transforms.convert.OnnxExport;
import io.moetool.transforms.exported.RestoredCheckpoint;
import io.moetool.transforms.plan.Plan;
import java.nio.file.Path;

/**
 * Writes what merging makes of an ONNX model as an ONNX model of the same form: operators and
 * element types stay those of the source.
 */
record ExportMerging(ModelArgument model, Path output, WorkPool pool, Console console) {
  /**
   * Carries a plan out.
   *
   * @param where names the plan in messages
   * @param source the model, as a checkpoint
   */
  void run(SourceModel source, String where, Plan plan, boolean dryRun) {
    OnnxExport export =
        new OnnxExport(
            ExportSource.planned(source, where, plan, model.families(), pool),
            RestoredCheckpoint.form(source),
            RestoredCheckpoint.precision(source),
            VersionText.version(),
            OrtEngine.open(Device.CPU),
            pool);
    if (dryRun) {
      ConversionText.show(console, output, export.preview());
    } else {
      ConversionText.show(
          console,
          export.write(output, console.progress().bytes("writing " + output)),
          "those of the plan run unwritten");
    }
  }
}
