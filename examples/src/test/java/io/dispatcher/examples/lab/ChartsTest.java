package io.dispatcher.examples.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The charts are there, with lines for the rules. */
class ChartsTest {

  @TempDir private Path folder;

  @BeforeAll
  static void withoutScreen() {
    System.setProperty("java.awt.headless", "true");
  }

  @Test
  void each_has_its_lines() throws IOException {
    new Charts(folder.resolve("charts"), 200).drawAll();
    assertLines(5, "load");
    assertLines(4, "fronts");
    assertLines(4, "slow");
    assertLines(3, "keys");
    assertEquals(4, folder.resolve("charts").toFile().list().length);
  }

  /**
   * A colour that is seen often, where no legend is, is a line. Where rules are off the chart one
   * lies on the other.
   */
  private void assertLines(int least, String name) throws IOException {
    BufferedImage image = ImageIO.read(folder.resolve("charts/" + name + ".png").toFile());
    assertNotNull(image, name);
    Map<Integer, Integer> hues = new HashMap<>();
    for (int x = 0; x < image.getWidth() * 7 / 10; x++) {
      for (int y = 0; y < image.getHeight(); y++) {
        Color colour = new Color(image.getRGB(x, y));
        float[] hsb = Color.RGBtoHSB(colour.getRed(), colour.getGreen(), colour.getBlue(), null);
        if (hsb[1] > 0.5) {
          hues.merge(Math.round(60 * hsb[0]) % 60, 1, Integer::sum);
        }
      }
    }
    long lines = hues.values().stream().filter(pixels -> pixels > 300).count();
    assertTrue(lines >= least, () -> name + ": pixels by hue " + hues);
  }
}
