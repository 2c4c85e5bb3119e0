package io.moetool.maven;

import java.io.File;
import java.io.IOException;
import javax.inject.Inject;
import org.apache.maven.plugin.AbstractMojo;
import org.apache.maven.plugin.MojoExecutionException;
import org.apache.maven.plugins.annotations.LifecyclePhase;
import org.apache.maven.plugins.annotations.Mojo;
import org.apache.maven.plugins.annotations.Parameter;
import org.apache.maven.project.MavenProject;
import org.apache.maven.project.MavenProjectHelper;

/**
 * Hands over the report of all steps of the module: {@code report.html} for people, {@code
 * summary.json} for machines. Every other goal keeps both up to date, so they are there also when a
 * gate ended the build before this goal.
 */
@Mojo(
    name = "report",
    defaultPhase = LifecyclePhase.VERIFY,
    requiresProject = false,
    threadSafe = true)
public final class ReportMojo extends AbstractMojo {
  @Inject private MavenProjectHelper projectHelper;

  @Parameter(defaultValue = "${project}", readonly = true, required = true)
  private MavenProject project;

  /** Leaves the goal out. */
  @Parameter(property = "moetool.skip", defaultValue = "false")
  private boolean skip;

  /** Folder where the other goals keep their documents. */
  @Parameter(
      property = "moetool.folder",
      defaultValue = "${project.build.directory}/moetool",
      required = true)
  private File folder;

  /**
   * Attach report (type html, classifier report) and summary (type json, classifier summary) to the
   * module, so that it is installed and deployed with it.
   */
  @Parameter(property = "moetool.attach", defaultValue = "true")
  private boolean attach;

  @Override
  public void execute() throws MojoExecutionException {
    if (skip) {
      getLog().info("skipped");
      return;
    }
    StepFiles files = new StepFiles(folder.toPath(), "report");
    try {
      BuildSummary summary = BuildSummary.read(files.summary());
      summary.write();
      ReportPage.write(files, project.getName(), summary);
    } catch (IOException e) {
      throw new MojoExecutionException("moetool:report: " + e, e);
    }
    if (attach) {
      projectHelper.attachArtifact(project, "html", "report", files.report().toFile());
      projectHelper.attachArtifact(project, "json", "summary", files.summary().toFile());
    }
    getLog().info("report: " + files.report());
  }
}
