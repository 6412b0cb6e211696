package io.dispatcher.node.config;

import io.dispatcher.node.config.Value.Items;
import io.dispatcher.node.config.Value.Nothing;
import io.dispatcher.node.config.Value.Table;
import io.dispatcher.node.config.Value.Text;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ParserException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * Reads YAML 1.2 as it was written: no value becomes a number or a boolean here, and each knows its
 * line. Duplicate keys, tags and several documents are refused.
 */
final class Yaml {

  private static final int MAX_BYTES = 1 << 20;

  private static final int MAX_DEPTH = 50;

  /** Those that a value without a tag is given; the last one stands for <code>${NAME}</code>. */
  private static final Set<Tag> TAGS =
      Set.of(Tag.STR, Tag.INT, Tag.FLOAT, Tag.BOOL, Tag.NULL, Tag.SEQ, Tag.MAP, Tag.ENV_TAG);

  /** Aliases can make a short file endless. */
  private static final int MAX_VALUES = 20_000;

  private final Function<Node, String> where;
  private final Faults faults;
  private final Set<Node> open = new HashSet<>();
  private int values;

  private Yaml(Function<Node, String> where, Faults faults) {
    this.where = where;
    this.faults = faults;
  }

  /** Reads a file; what cannot be read is a fault and an empty table. */
  static Table file(Path file, Faults faults) {
    String name = file.toString();
    String text = content(file, name, faults);
    Value value =
        parse(
            text, node -> name + ":" + line(node.getStartMark()), name, "not YAML: ", name, faults);
    if (value instanceof Table table) {
      return table;
    }
    if (!(value instanceof Nothing)) {
      faults.add(
          value.where(), "", "expected keys such as 'http:', found " + Value.describe(value));
    }
    return Table.empty(name);
  }

  /** Reads a value that was given in one line, {@code [a, b]} or <code>{a: b}</code>. */
  static Value flow(String text, String where, Faults faults) {
    return parse(text, node -> where, where, "not YAML: ", null, faults);
  }

  private static String content(Path file, String name, Faults faults) {
    try {
      if (Files.isDirectory(file)) {
        faults.add(name, "", "is a folder, expected a YAML file");
      } else if (Files.size(file) > MAX_BYTES) {
        faults.add(name, "", "has more than " + Quantity.text(MAX_BYTES));
      } else {
        String text =
            StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(Files.readAllBytes(file)))
                .toString();
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
      }
    } catch (NoSuchFileException e) {
      faults.add(name, "", "there is no such file");
    } catch (CharacterCodingException e) {
      faults.add(name, "", "is not UTF-8 text");
    } catch (IOException e) {
      faults.add(name, "", "cannot be read: " + e);
    }
    return "";
  }

  private static Value parse(
      String text,
      Function<Node, String> where,
      String whole,
      String prefix,
      @Nullable String file,
      Faults faults) {
    try {
      LoadSettings settings =
          LoadSettings.builder().setLabel(whole).setAllowNonScalarKeys(true).build();
      checkDepth(new Parse(settings).parseString(text));
      Optional<Node> root = new Compose(settings).composeString(text);
      return root.isEmpty() ? new Nothing(whole) : new Yaml(where, faults).value(root.get(), "");
    } catch (MarkedYamlEngineException e) {
      String place =
          file == null || e.getProblemMark().isEmpty()
              ? whole
              : file + ":" + line(e.getProblemMark());
      faults.add(place, "", prefix + (e.getProblem() == null ? e.getContext() : e.getProblem()));
    } catch (YamlEngineException e) {
      faults.add(whole, "", prefix + e.getMessage());
    }
    return new Nothing(whole);
  }

  /** Composing calls itself once for each level; a stack is not endless. */
  private static void checkDepth(Iterable<Event> events) {
    int depth = 0;
    for (Event event : events) {
      if (event instanceof CollectionStartEvent) {
        depth++;
      } else if (event instanceof CollectionEndEvent) {
        depth--;
      }
      if (depth > MAX_DEPTH) {
        throw new ParserException(
            "it has more than " + MAX_DEPTH + " levels", event.getStartMark());
      }
    }
  }

  private static int line(Optional<Mark> mark) {
    return mark.map(m -> m.getLine() + 1).orElse(0);
  }

  private Value value(Node node, String path) {
    String at = where.apply(node);
    if (++values > MAX_VALUES || !open.add(node)) {
      throw new YamlEngineException("it has too many values, or an alias that contains itself");
    }
    String tag = node.getTag().getValue();
    if (!TAGS.contains(node.getTag())) {
      faults.add(at, path, "has the tag " + Faults.quote(tag) + ", but tags mean nothing here");
    }
    Value value;
    if (node instanceof ScalarNode scalar) {
      boolean nothing =
          scalar.getTag().equals(Tag.NULL) && scalar.getScalarStyle() == ScalarStyle.PLAIN;
      value = nothing ? new Nothing(at) : new Text(at, scalar.getValue());
    } else if (node instanceof SequenceNode sequence) {
      List<Value> items = new ArrayList<>();
      for (Node item : sequence.getValue()) {
        items.add(value(item, path));
      }
      value = new Items(at, items);
    } else {
      value = table((MappingNode) node, at, path);
    }
    open.remove(node);
    return value;
  }

  private Table table(MappingNode mapping, String at, String path) {
    Map<String, Value> entries = new LinkedHashMap<>();
    Map<String, String> seen = new HashMap<>();
    for (NodeTuple tuple : mapping.getValue()) {
      String place = where.apply(tuple.getKeyNode());
      if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
        faults.add(place, path, "expected a key that is a word");
        continue;
      }
      String keyPath = path.isEmpty() ? key.getValue() : path + "." + key.getValue();
      String before = seen.putIfAbsent(key.getValue(), place);
      if (before != null) {
        faults.add(place, keyPath, "is there twice, first at " + before + "; keep one");
        continue;
      }
      Value value = value(tuple.getValueNode(), keyPath);
      entries.put(key.getValue(), value instanceof Nothing ? new Nothing(place) : value);
    }
    return new Table(at, entries);
  }
}
