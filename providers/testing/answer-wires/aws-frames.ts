import { crc32 } from 'node:zlib';

/** A frame of AWS's event stream. */
export function frame(headers: Readonly<Record<string, string>>, payload: string): Buffer<ArrayBuffer> {
  const fields = Object.entries(headers).map(([name, value]) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(Buffer.byteLength(value));
    return Buffer.concat([
      Buffer.of(name.length),
      Buffer.from(name),
      Buffer.of(7),
      length,
      Buffer.from(value),
    ]);
  });
  const head = Buffer.concat(fields);
  const body = Buffer.from(payload);
  const bytes = Buffer.alloc(16 + head.length + body.length);
  bytes.writeUInt32BE(bytes.length, 0);
  bytes.writeUInt32BE(head.length, 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
  head.copy(bytes, 12);
  body.copy(bytes, 12 + head.length);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, bytes.length - 4)), bytes.length - 4);
  return bytes;
}

/** Events of Bedrock's Converse, each an object with its payload under its type. */
export function frames(...events: readonly Readonly<Record<string, object>>[]): Buffer<ArrayBuffer> {
  return Buffer.concat(
    events.flatMap((event) =>
      Object.entries(event).map(([type, payload]) =>
        frame(
          { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
          JSON.stringify({ ...payload, p: 'abcdefgh' }),
        ),
      ),
    ),
  );
}
