package dev.waggle.comparison;

import dev.waggle.comparison.Results.Cell;
import dev.waggle.comparison.Results.Timing;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.CategoryStyler;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/// The results as SVG, on white, so that they can be read on a page of any colour.
final class Plots {

  private static final int WIDTH = 760;
  private static final int HEIGHT = 380;

  /// A hundredth of a pixel is enough.
  private static final Pattern DIGITS_BEYOND_SIGHT = Pattern.compile("(\\.\\d\\d)\\d+");

  /// Told apart by those who tell few colours apart: Okabe and Ito's.
  private static final Color BLUE = new Color(0x0072B2);

  private static final Color ORANGE = new Color(0xE69F00);
  private static final Color GREY = new Color(0xB8B8B8);
  private static final Color GREEN = new Color(0x009E73);
  private static final Color RED = new Color(0xD55E00);

  private static final List<Tool> TIMED =
      List.of(Tool.WAGGLE, Tool.BARE_COMMAND, Tool.WEBHOOK_SCRIPT);

  private Plots() {}

  /// Writes `time.svg`, `truth.svg` and `scale.svg`.
  static void write(Results results, Path directory) throws IOException {
    System.setProperty("java.awt.headless", "true");
    time(results).save(directory.resolve("time.svg"));
    truth(results).save(directory.resolve("truth.svg"));
    scale(results).save(directory.resolve("scale.svg"));
  }

  /// A chart, and what it shows in words, for those who do not see it; its letters are drawn.
  private record Plot(Chart<?, ?> chart, List<String> words) {

    void save(Path file) throws IOException {
      String svg = new String(ChartEncoder.getBytes(chart, "svg"), StandardCharsets.UTF_8);
      String description =
          "<desc>" + chart.getTitle() + ". " + String.join("; ", words) + "</desc>\n  <defs>";
      Files.writeString(
          file,
          DIGITS_BEYOND_SIGHT
              .matcher(svg)
              .replaceAll("$1")
              .replaceFirst("<defs>", Matcher.quoteReplacement(description)));
    }
  }

  private static String points(List<String> names, List<Double> values) {
    return IntStream.range(0, names.size())
        .mapToObj(
            number ->
                names.get(number) + " " + String.format(Locale.ROOT, "%.3f", values.get(number)))
        .collect(Collectors.joining(", "));
  }

  private static Plot time(Results results) {
    List<String> words = new ArrayList<>();
    CategoryChart chart =
        bars("From the push until it is known that it went live", "seconds, at the median");
    List<String> names = TIMED.stream().map(Tool::title).toList();
    words.add(
        series(
            chart, "until the update call", names, seconds(results, Timing::updateCall), ORANGE));
    words.add(
        series(
            chart,
            "until Swarm has completed it",
            names,
            seconds(results, timing -> timing.completed() - timing.updateCall()),
            GREY));
    words.add(
        series(
            chart,
            "until the tool has said so",
            names,
            seconds(results, timing -> timing.known() - timing.completed()),
            BLUE));
    return new Plot(chart, words);
  }

  private static List<Double> seconds(Results results, ToDoubleFunction<Timing> of) {
    return TIMED.stream().map(tool -> Math.max(0, results.median(tool, of)) / 1000).toList();
  }

  private static Plot truth(Results results) {
    List<String> words = new ArrayList<>();
    CategoryChart chart =
        bars(
            "What was said of " + results.situations() + " pushes that invite a mistake",
            "situations");
    List<Tool> tools = Arrays.asList(Tool.values());
    List<String> names = tools.stream().map(Tool::title).toList();
    words.add(
        series(
            chart,
            "right",
            names,
            tools.stream().map(tool -> (double) results.right(tool)).toList(),
            GREEN));
    words.add(
        series(
            chart,
            "nothing",
            names,
            tools.stream().map(tool -> wrong(results, tool, true)).toList(),
            GREY));
    words.add(
        series(
            chart,
            "wrong",
            names,
            tools.stream().map(tool -> wrong(results, tool, false)).toList(),
            RED));
    return new Plot(chart, words);
  }

  private static double wrong(Results results, Tool tool, boolean silent) {
    return results.truth().stream()
        .filter(judgement -> judgement.tool() == tool && !judgement.right())
        .filter(judgement -> (judgement.claim() == Claim.UNKNOWN) == silent)
        .count();
  }

  private static Plot scale(Results results) {
    List<String> words = new ArrayList<>();
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title("From the first receive until it is decided")
            .xAxisTitle("services in the swarm")
            .yAxisTitle("milliseconds")
            .build();
    style(chart.getStyler());
    chart.getStyler().setXAxisLogarithmic(true);
    chart.getStyler().setYAxisLogarithmic(true);
    chart.getStyler().setMarkerSize(9);
    List<Color> colours = List.of(BLUE, ORANGE, GREEN);
    List<Integer> sizes = results.scale().stream().map(Cell::pushes).distinct().toList();
    for (int pushes : sizes) {
      List<Cell> cells = results.scale().stream().filter(cell -> cell.pushes() == pushes).toList();
      Color colour = colours.get(sizes.indexOf(pushes) % colours.size());
      String name = pushes == 1 ? "1 waiting push" : pushes + " waiting pushes";
      words.add(
          name
              + ": "
              + points(
                  cells.stream().map(cell -> cell.services() + " services").toList(),
                  cells.stream().map(Cell::decideMs).toList()));
      chart
          .addSeries(
              name,
              cells.stream().map(Cell::services).toList(),
              cells.stream().map(Cell::decideMs).toList())
          .setMarkerColor(colour)
          .setMarker(SeriesMarkers.CIRCLE)
          .setLineColor(colour)
          .setLineStyle(new BasicStroke(2));
    }
    return new Plot(chart, words);
  }

  private static CategoryChart bars(String title, String axis) {
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .yAxisTitle(axis)
            .build();
    CategoryStyler styler = chart.getStyler();
    style(styler);
    styler.setStacked(true);
    styler.setAvailableSpaceFill(0.5);
    styler.setYAxisMin(0.0);
    return chart;
  }

  /// @return what it shows in words
  private static String series(
      CategoryChart chart, String name, List<String> names, List<Double> values, Color colour) {
    chart.addSeries(name, names, values).setFillColor(colour);
    return name + ": " + points(names, values);
  }

  private static void style(Styler styler) {
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotBackgroundColor(Color.WHITE);
    styler.setPlotBorderVisible(false);
    styler.setLegendPosition(Styler.LegendPosition.OutsideS);
    styler.setLegendLayout(Styler.LegendLayout.Horizontal);
    styler.setLegendBorderColor(Color.WHITE);
    styler.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 15));
    styler.setLegendFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
  }
}
