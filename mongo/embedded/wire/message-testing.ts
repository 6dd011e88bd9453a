import { encodeDocument } from '../bson/encode.ts';
import type { Doc } from '../bson/values.ts';
import { encodeReply } from './message.ts';

/** A whole OP_MSG request, as a client would send it. */
export function encodeRequest(requestId: number, body: Doc): Buffer {
  const message = encodeReply({ requestId: 0, legacy: undefined }, encodeDocument(body));
  message.writeInt32LE(requestId, 4);
  return message;
}
