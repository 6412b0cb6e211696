package io.dispatcher;

import io.dispatcher.ledger.Peer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A front's view as bytes. A view in a later format than this is not read. */
final class FrontViewCodec {

  private static final int FORMAT = 2;
  private static final int MAX_BYTES = 512 * 1024;
  private static final int MAX_TEXT_CHARS = 1024;

  private FrontViewCodec() {}

  static byte[] encode(FrontView view) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      DataOutputStream out = new DataOutputStream(bytes);
      out.writeByte(FORMAT);
      out.writeBoolean(view.readiness().ready());
      text(out, view.readiness().reason());
      out.writeBoolean(view.leaving());
      out.writeLong(view.unfinished());
      out.writeByte(view.faults().size());
      for (FrontView.Fault fault : view.faults()) {
        fault(out, fault);
      }
      out.writeByte(view.failures().size());
      for (ClusterView.FailureGroup group : view.failures()) {
        failure(out, group);
      }
      out.writeByte(view.ejected().size());
      for (Map.Entry<String, List<String>> ejected : view.ejected().entrySet()) {
        text(out, ejected.getKey());
        out.writeByte(ejected.getValue().size());
        for (String type : ejected.getValue()) {
          text(out, type);
        }
      }
      boolean whole = view.whole();
      for (FrontView.Type type : view.types()) {
        if (bytes.size() > MAX_BYTES) {
          whole = false;
          break;
        }
        out.writeBoolean(true);
        type(out, type);
      }
      out.writeBoolean(false);
      out.writeBoolean(whole);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /**
   * Reads what another front wrote.
   *
   * @throws IOException if it is malformed or of another format
   */
  static FrontView decode(byte[] bytes) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
    int format = in.readByte();
    if (format != FORMAT) {
      throw new IOException("a view of format " + format + "; " + FORMAT + " is read");
    }
    Readiness readiness = new Readiness(in.readBoolean(), in.readUTF());
    boolean leaving = in.readBoolean();
    long unfinished = in.readLong();
    List<FrontView.Fault> faults = new ArrayList<>();
    for (int left = in.readUnsignedByte(); left > 0; left--) {
      faults.add(fault(in));
    }
    List<ClusterView.FailureGroup> failures = new ArrayList<>();
    for (int left = in.readUnsignedByte(); left > 0; left--) {
      failures.add(failure(in));
    }
    Map<String, List<String>> ejected = new LinkedHashMap<>();
    for (int left = in.readUnsignedByte(); left > 0; left--) {
      ejected.put(in.readUTF(), texts(in));
    }
    List<FrontView.Type> types = new ArrayList<>();
    while (in.readBoolean()) {
      types.add(type(in));
    }
    return new FrontView(
        readiness, leaving, in.readBoolean(), unfinished, types, faults, failures, ejected);
  }

  private static List<String> texts(DataInputStream in) throws IOException {
    List<String> texts = new ArrayList<>();
    for (int left = in.readUnsignedByte(); left > 0; left--) {
      texts.add(in.readUTF());
    }
    return texts;
  }

  private static void fault(DataOutputStream out, FrontView.Fault fault) throws IOException {
    text(out, fault.worker().node());
    out.writeLong(fault.worker().incarnation());
    out.writeLong(fault.atMillis());
    text(out, fault.cause());
    out.writeLong(fault.reissued());
    out.writeLong(fault.waiting());
    out.writeDouble(fault.firstMillis());
    out.writeDouble(fault.lastMillis());
  }

  private static FrontView.Fault fault(DataInputStream in) throws IOException {
    return new FrontView.Fault(
        new Peer(in.readUTF(), in.readLong()),
        in.readLong(),
        in.readUTF(),
        in.readLong(),
        in.readLong(),
        in.readDouble(),
        in.readDouble());
  }

  private static void failure(DataOutputStream out, ClusterView.FailureGroup group)
      throws IOException {
    text(out, group.type());
    text(out, group.error());
    text(out, group.message());
    out.writeLong(group.count());
    text(out, group.lastTask());
    out.writeLong(group.lastMillis());
  }

  private static ClusterView.FailureGroup failure(DataInputStream in) throws IOException {
    return new ClusterView.FailureGroup(
        in.readUTF(), in.readUTF(), in.readUTF(), in.readLong(), in.readUTF(), in.readLong());
  }

  private static void type(DataOutputStream out, FrontView.Type type) throws IOException {
    text(out, type.name());
    out.writeBoolean(type.declared());
    out.writeLong(type.waiting());
    out.writeByte(type.reasons().size());
    for (Map.Entry<String, Long> reason : type.reasons().entrySet()) {
      text(out, reason.getKey());
      out.writeLong(reason.getValue());
    }
    out.writeDouble(type.oldestSeconds());
    out.writeLong(type.running());
    out.writeLong(type.succeeded());
    out.writeLong(type.failed());
    out.writeLong(type.cancelled());
    out.writeLong(type.expired());
    out.writeDouble(type.donePerSecond());
    buckets(out, type.queueing());
    buckets(out, type.total());
  }

  private static FrontView.Type type(DataInputStream in) throws IOException {
    String name = in.readUTF();
    boolean declared = in.readBoolean();
    long waiting = in.readLong();
    Map<String, Long> reasons = new LinkedHashMap<>();
    for (int left = in.readUnsignedByte(); left > 0; left--) {
      reasons.put(in.readUTF(), in.readLong());
    }
    return new FrontView.Type(
        name,
        declared,
        waiting,
        reasons,
        in.readDouble(),
        in.readLong(),
        in.readLong(),
        in.readLong(),
        in.readLong(),
        in.readLong(),
        in.readDouble(),
        buckets(in),
        buckets(in));
  }

  /** Most are empty. */
  private static void buckets(DataOutputStream out, long[] counts) throws IOException {
    int used = 0;
    for (long count : counts) {
      used += count == 0 ? 0 : 1;
    }
    out.writeByte(used);
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] != 0) {
        out.writeByte(i);
        out.writeLong(counts[i]);
      }
    }
  }

  private static long[] buckets(DataInputStream in) throws IOException {
    long[] counts = new long[Histogram.BUCKETS];
    for (int left = in.readUnsignedByte(); left > 0; left--) {
      int bucket = in.readUnsignedByte();
      if (bucket >= counts.length) {
        throw new IOException("bucket " + bucket + " of " + counts.length);
      }
      counts[bucket] = in.readLong();
    }
    return counts;
  }

  private static void text(DataOutputStream out, String text) throws IOException {
    out.writeUTF(text.length() <= MAX_TEXT_CHARS ? text : text.substring(0, MAX_TEXT_CHARS));
  }
}
