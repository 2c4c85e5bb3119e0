package io.moetool.analyzers.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A text with places like {@code {{title}}} that are filled in once; what is filled in has none.
 */
public final class Page {
  private static final Pattern PLACE = Pattern.compile("\\{\\{([a-z]+)}}");

  private Page() {}

  /** Fills in all places. */
  public static String fill(String template, Map<String, String> contents) {
    StringBuilder page = new StringBuilder();
    int done = 0;
    for (Matcher places = PLACE.matcher(template); places.find(); done = places.end()) {
      String content = contents.get(places.group(1));
      if (content == null) {
        throw new IllegalStateException("nothing to put at " + places.group());
      }
      page.append(template, done, places.start()).append(content);
    }
    return page.append(template, done, template.length()).toString();
  }

  /** JSON that cannot end the script element it stands in. */
  static String inScript(String json) {
    return json.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029");
  }

  /** Plain text as HTML text. */
  public static String inText(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  /** A text file that comes with moetool, by its absolute name on the class path. */
  public static String resource(String name) {
    try (InputStream in = Page.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is missing from the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
