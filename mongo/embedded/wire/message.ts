import { decodeDocument, documentLength } from '../bson/decode.ts';
import type { Doc } from '../bson/values.ts';
import { CommandError } from '../errors.ts';
import { crc32c } from './crc32c.ts';
import { ProtocolViolation } from './framing.ts';
import { HEADER_BYTES, OP } from './limits.ts';

const FLAG = { checksumPresent: 1, moreToCome: 2, exhaustAllowed: 1 << 16 } as const;
/** Bits 0–15 are required: an unknown one means a protocol that we do not speak. */
const UNKNOWN_REQUIRED = 0xffff & ~(FLAG.checksumPresent | FLAG.moreToCome);

/** One request, whichever opcode carried it. `sequences` are the raw documents of kind 1 sections, views of the message. */
export type Message = {
  requestId: number;
  body: Doc;
  sequences: ReadonlyMap<string, Uint8Array[]>;
  /** moreToCome: the client waits for no answer. */
  silent: boolean;
  /** An OP_QUERY handshake is answered with OP_REPLY; `namespace` is its collection name. */
  legacy: string | undefined;
};

const NO_SEQUENCES: ReadonlyMap<string, Uint8Array[]> = new Map();

/**
 * Parses a whole message. Throws ProtocolViolation for what is no message of ours (the connection closes) and
 * CommandError for a readable message with bad BSON in it (answered).
 */
export function parseMessage(bytes: Buffer): Message {
  const requestId = bytes.readInt32LE(4);
  const opcode = bytes.readInt32LE(12);
  if (opcode === OP.msg) return parseMsg(bytes, requestId);
  if (opcode === OP.query) return parseQuery(bytes, requestId);
  throw new ProtocolViolation(
    opcode === OP.compressed ? 'OP_COMPRESSED was not negotiated' : `unknown opcode ${opcode}`,
  );
}

/** The request id of a message that may be unreadable otherwise. */
export function readRequestId(bytes: Buffer): number {
  return bytes.readInt32LE(4);
}

function parseMsg(bytes: Buffer, requestId: number): Message {
  let end = bytes.length;
  if (end < HEADER_BYTES + 4 + 1 + 5) throw new ProtocolViolation('OP_MSG is too short');
  const flags = bytes.readUInt32LE(HEADER_BYTES);
  if (flags & UNKNOWN_REQUIRED) throw new ProtocolViolation('OP_MSG has unknown required flag bits');
  if (flags & FLAG.checksumPresent) {
    end -= 4;
    if (crc32c(bytes.subarray(0, end)) !== bytes.readUInt32LE(end)) {
      throw new ProtocolViolation('OP_MSG checksum does not match');
    }
  }
  let body: Doc | undefined;
  let sequences: Map<string, Uint8Array[]> | undefined;
  for (let at = HEADER_BYTES + 4; at < end; ) {
    const kind = bytes[at++];
    if (kind === 0) {
      if (body !== undefined) throw new CommandError(40430, 'Multiple body sections in message');
      const length = lengthWithin(bytes, at, end);
      body = decodeDocument(bytes.subarray(at, at + length));
      at += length;
    } else if (kind === 1) {
      sequences ??= new Map();
      at = parseSequence(bytes, at, end, sequences);
    } else {
      throw new CommandError(40432, `Unknown section kind ${kind}`);
    }
  }
  if (body === undefined) throw new CommandError(40587, 'OP_MSG messages must have a body');
  for (const name of sequences?.keys() ?? []) {
    if (body.has(name)) {
      throw new CommandError(40433, `Duplicate field between body and document sequence ${name}`);
    }
  }
  return {
    requestId,
    body,
    sequences: sequences ?? NO_SEQUENCES,
    silent: (flags & FLAG.moreToCome) !== 0,
    legacy: undefined,
  };
}

/** A kind 1 section: its size, an identifier, documents back to back. Returns the offset after it. */
function parseSequence(bytes: Buffer, start: number, end: number, into: Map<string, Uint8Array[]>): number {
  if (start + 4 > end) throw new ProtocolViolation('section runs past the message');
  const stop = start + bytes.readInt32LE(start);
  const nameEnd = bytes.indexOf(0, start + 4);
  if (stop > end || nameEnd < 0 || nameEnd >= stop)
    throw new ProtocolViolation('section runs past the message');
  const name = bytes.toString('utf8', start + 4, nameEnd);
  if (into.has(name)) throw new CommandError(40431, `Duplicate document sequence: ${name}`);
  const documents: Uint8Array[] = [];
  for (let at = nameEnd + 1; at < stop; ) {
    const length = lengthWithin(bytes, at, stop);
    documents.push(bytes.subarray(at, at + length));
    at += length;
  }
  into.set(name, documents);
  return stop;
}

function lengthWithin(bytes: Buffer, at: number, end: number): number {
  if (at + 5 > end) throw new ProtocolViolation('document runs past the message');
  const length = documentLength(bytes, at);
  if (at + length > end) throw new ProtocolViolation('document runs past the message');
  return length;
}

/** OP_QUERY: flags, collection, skip, limit, the query. Only handshakes use it still. */
function parseQuery(bytes: Buffer, requestId: number): Message {
  const nameEnd = bytes.indexOf(0, HEADER_BYTES + 4);
  if (nameEnd < 0 || nameEnd + 9 + 5 > bytes.length) throw new ProtocolViolation('OP_QUERY is too short');
  const namespace = bytes.toString('utf8', HEADER_BYTES + 4, nameEnd);
  const at = nameEnd + 9;
  const length = lengthWithin(bytes, at, bytes.length);
  const query = decodeDocument(bytes.subarray(at, at + length));
  const wrapped = query.get('$query');
  const body = wrapped instanceof Map ? wrapped : query;
  return { requestId, body, sequences: NO_SEQUENCES, silent: false, legacy: namespace };
}

let lastRequestId = 0;

/** The answer's bytes: OP_MSG, or OP_REPLY to an OP_QUERY. `documents` are pieces that together are one BSON document. */
export function encodeReply(
  message: { requestId: number; legacy: string | undefined },
  reply: Uint8Array,
): Buffer {
  const legacy = message.legacy !== undefined;
  const prefix = HEADER_BYTES + (legacy ? 20 : 5);
  const bytes = Buffer.allocUnsafe(prefix + reply.length);
  lastRequestId = (lastRequestId + 1) | 0;
  bytes.writeInt32LE(bytes.length, 0);
  bytes.writeInt32LE(lastRequestId, 4);
  bytes.writeInt32LE(message.requestId, 8);
  bytes.writeInt32LE(legacy ? OP.reply : OP.msg, 12);
  bytes.fill(0, HEADER_BYTES, prefix);
  if (legacy) bytes.writeInt32LE(1, 32);
  bytes.set(reply, prefix);
  return bytes;
}
