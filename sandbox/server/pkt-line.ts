/**
 * Streams of git's pkt-line format (gitprotocol-common(5)), looked into on their way: what was asked, whether a pack was
 * sent, and the reason a refused ref gets in a push's report.
 */
import { Transform, type TransformCallback } from "node:stream";

/** Side band 1 with the first bytes of a pack, version 2 or 3 (gitformat-pack(5)). */
const packStart = Buffer.from("\x01PACK\0\0\0", "latin1");

/** Passes everything on; calls `found` once when a pack begins. */
export function watchForPack(found: () => void): Transform {
  let tail: Buffer = Buffer.alloc(0);
  let done = false;
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      if (!done) {
        const seen = Buffer.concat([tail, chunk]);
        done = seen.includes(packStart);
        if (done) found();
        tail = seen.subarray(-packStart.length);
      }
      callback(null, chunk);
    },
  });
}

/** Passes everything on; calls `found` once with the first bytes (16 to 64 of them, fewer if there are no more). */
export function watchStart(found: (start: Buffer) => void): Transform {
  let start: Buffer = Buffer.alloc(0);
  let done = false;
  const tell = () => {
    if (!done) found(start.subarray(0, 64));
    done = true;
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      if (!done) {
        start = Buffer.concat([start, chunk]);
        if (start.length >= 16) tell();
      }
      callback(null, chunk);
    },
    flush(callback) {
      tell();
      callback();
    },
  });
}

export function pktLine(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from((payload.length + 4).toString(16).padStart(4, "0")), payload]);
}

/** Largest side band payload a client must take (gitprotocol-capabilities(5), side-band-64k). */
const largestPayload = 65_515;

interface Packet {
  bytes: Buffer;
  /** undefined for flush, delimiter and response-end. */
  payload: Buffer | undefined;
}

/** Whole packets at the start of the buffer, and what is left over. */
export function splitPackets(buffer: Buffer): { packets: Packet[]; rest: Buffer } {
  const packets: Packet[] = [];
  let at = 0;
  while (buffer.length - at >= 4) {
    const text = buffer.toString("latin1", at, at + 4);
    if (!/^[0-9a-f]{4}$/i.test(text)) throw new Error(`no pkt-line length: ${JSON.stringify(text)}`);
    const length = Number.parseInt(text, 16);
    const end = at + Math.max(length, 4);
    if (end > buffer.length) break;
    packets.push({ bytes: buffer.subarray(at, end), payload: length > 4 ? buffer.subarray(at + 4, end) : undefined });
    at = end;
  }
  return { packets, rest: buffer.subarray(at) };
}

/** A push's report (gitprotocol-pack(5), report-status) with other reasons for the refs a hook declined. */
export function withReasons(report: Buffer, reasons: ReadonlyMap<string, string>): Buffer {
  const { packets, rest } = splitPackets(report);
  const lines = packets.map(({ bytes, payload }) => {
    const [, ref = ""] = /^ng (\S+) pre-receive hook declined\n?$/.exec(payload?.toString("utf8") ?? "") ?? [];
    const reason = reasons.get(ref);
    return reason ? pktLine(Buffer.from(`ng ${ref} ${reason}\n`)) : bytes;
  });
  return Buffer.concat([...lines, rest]);
}

/**
 * What git-receive-pack answers, on its way to the client. git lets a hook only say yes or no, GitHub names a reason per ref:
 * it is put into the report. `beforeEnd` is awaited before the client sees the end, so that a finished push has had its effects.
 * `skip`: sections before the answer (over ssh the advertisement of refs, over http none).
 */
export function receivePackAnswer(options: {
  skip: number;
  reasons: ReadonlyMap<string, string>;
  beforeEnd: () => Promise<void>;
}): Transform {
  const { reasons, beforeEnd } = options;
  let { skip } = options;
  let rest: Buffer = Buffer.alloc(0);
  const report: Buffer[] = [];

  async function pass(packet: Packet, out: Transform): Promise<void> {
    const { bytes, payload } = packet;
    if (skip > 0) {
      if (!payload) skip--;
      out.push(bytes);
      return;
    }
    if (payload?.[0] === 1) {
      report.push(payload.subarray(1));
      return;
    }
    if (!payload) {
      const all = withReasons(Buffer.concat(report.splice(0)), reasons);
      for (let at = 0; at < all.length; at += largestPayload) {
        out.push(pktLine(Buffer.concat([Buffer.from([1]), all.subarray(at, at + largestPayload)])));
      }
      await beforeEnd();
    }
    out.push(bytes);
  }

  async function take(chunk: Buffer, out: Transform): Promise<void> {
    const split = splitPackets(Buffer.concat([rest, chunk]));
    rest = split.rest;
    for (const packet of split.packets) await pass(packet, out);
  }

  const settle = (work: Promise<void>, callback: TransformCallback): void => {
    work.then(
      () => callback(),
      (error: Error) => callback(error),
    );
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      settle(take(chunk, this), callback);
    },
    flush(callback) {
      if (rest.length > 0) this.push(rest);
      settle(beforeEnd(), callback);
    },
  });
}
