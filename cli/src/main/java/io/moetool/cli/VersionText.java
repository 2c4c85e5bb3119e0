package io.moetool.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.Collections;
import java.util.Optional;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} prints, from the manifests of the jars on the class path. */
final class VersionText implements IVersionProvider {
  /** Version of moetool, as plans and manifests name it. */
  static String version() {
    return attribute("moetool cli", "Implementation-Version").orElse("development build");
  }

  @Override
  public String[] getVersion() {
    String commit =
        attribute("moetool cli", "Implementation-Commit").map(c -> " (" + c + ")").orElse("");
    return new String[] {
      "moetool " + version() + commit,
      "JDK " + Runtime.version() + " (" + System.getProperty("java.vendor") + ")",
      "ONNX Runtime " + attribute("onnxruntime", "Implementation-Version").orElse("not found"),
      System.getProperty("os.name") + " " + System.getProperty("os.arch")
    };
  }

  private static Optional<String> attribute(String title, String name) {
    try {
      ClassLoader loader = VersionText.class.getClassLoader();
      for (URL url : Collections.list(loader.getResources("META-INF/MANIFEST.MF"))) {
        try (InputStream in = url.openStream()) {
          Attributes attributes = new Manifest(in).getMainAttributes();
          if (title.equals(attributes.getValue("Implementation-Title"))) {
            return Optional.ofNullable(attributes.getValue(name));
          }
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
