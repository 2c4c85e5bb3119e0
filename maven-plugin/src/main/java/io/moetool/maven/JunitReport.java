package io.moetool.maven;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/** The checks of a step as a JUnit report, so that CI systems show them as tests. */
final class JunitReport {
  private JunitReport() {}

  /**
   * Writes a report; a file of that name is replaced.
   *
   * @param name of the step
   * @param error why nothing could be checked
   */
  static void write(
      Path file, String name, List<Check> checks, Optional<String> error, double seconds)
      throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.writeString(file, text("moetool." + name, checks, error, seconds));
  }

  private static String text(
      String suite, List<Check> checks, Optional<String> error, double seconds) {
    StringWriter text = new StringWriter();
    try {
      XMLStreamWriter xml = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(text);
      xml.writeStartDocument("UTF-8", "1.0");
      xml.writeCharacters("\n");
      xml.writeStartElement("testsuite");
      xml.writeAttribute("name", suite);
      xml.writeAttribute("tests", Integer.toString(checks.size() + (error.isPresent() ? 1 : 0)));
      xml.writeAttribute(
          "failures",
          Long.toString(checks.stream().filter(check -> check.failure().isPresent()).count()));
      xml.writeAttribute("errors", error.isPresent() ? "1" : "0");
      xml.writeAttribute("skipped", "0");
      xml.writeAttribute("time", seconds(seconds));
      for (Check check : checks) {
        testCase(xml, suite, check.name(), "failure", check.failure(), seconds / checks.size());
      }
      if (error.isPresent()) {
        testCase(xml, suite, "run", "error", error, seconds);
      }
      xml.writeCharacters("\n");
      xml.writeEndElement();
      xml.writeCharacters("\n");
      xml.writeEndDocument();
    } catch (XMLStreamException e) {
      throw new IllegalStateException("writing to memory does not fail", e);
    }
    return text.toString();
  }

  private static void testCase(
      XMLStreamWriter xml,
      String suite,
      String name,
      String kind,
      Optional<String> problem,
      double seconds)
      throws XMLStreamException {
    xml.writeCharacters("\n  ");
    xml.writeStartElement("testcase");
    xml.writeAttribute("classname", suite);
    xml.writeAttribute("name", name);
    xml.writeAttribute("time", seconds(seconds));
    if (problem.isPresent()) {
      xml.writeStartElement(kind);
      xml.writeAttribute("message", problem.get().lines().findFirst().orElse(""));
      xml.writeCharacters(problem.get());
      xml.writeEndElement();
    }
    xml.writeEndElement();
  }

  private static String seconds(double seconds) {
    return String.format(Locale.ROOT, "%.3f", seconds);
  }
}
