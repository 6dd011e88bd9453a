import { DateTime, type Doc, doc, int32, isDoc, ObjectId } from '../../bson/values.ts';
import { SESSION_TIMEOUT_MINUTES } from '../../transactions/sessions.ts';
import { DOCUMENT_BYTES_MAX, MESSAGE_BYTES_MAX, WRITE_BATCH_MAX } from '../../wire/limits.ts';
import { REPLICA_SET } from '../../worker-messages.ts';
import type { Engine } from '../engine.ts';
import type { Reply } from '../reply.ts';
import type { Request } from '../request.ts';
import { newObjectId } from '../write/insert.ts';

/** The server whose behaviour the store keeps to, for what it supports. */
export const SERVER_VERSION = '7.0.0';
const WIRE_VERSION = 21;
const ELECTION = new ObjectId(newObjectId().id);

/** `hello` and its older names: one primary of a replica set of one, so that sessions and transactions are used. */
export function hello(engine: Engine, request: Request): Reply {
  const greeting = engine.authentication.greet(request.body, request.client);
  const client = request.body.get('client');
  const application = isDoc(client) ? client.get('application') : undefined;
  const name = isDoc(application) ? application.get('name') : undefined;
  if (typeof name === 'string') request.client.name = name;
  const legacy = request.name !== 'hello';
  const answer = doc({
    helloOk: true,
    ...(legacy ? { ismaster: true } : { isWritablePrimary: true }),
    secondary: false,
    hosts: [engine.address],
    me: engine.address,
    primary: engine.address,
    setName: REPLICA_SET,
    setVersion: int32(1),
    electionId: ELECTION,
    maxBsonObjectSize: int32(DOCUMENT_BYTES_MAX),
    maxMessageSizeBytes: int32(MESSAGE_BYTES_MAX),
    maxWriteBatchSize: int32(WRITE_BATCH_MAX),
    localTime: new DateTime(BigInt(Date.now())),
    logicalSessionTimeoutMinutes: int32(SESSION_TIMEOUT_MINUTES),
    connectionId: int32(request.client.id),
    minWireVersion: int32(0),
    maxWireVersion: int32(WIRE_VERSION),
    readOnly: false,
    lastWrite: lastWrite(engine),
  });
  for (const [field, value] of greeting) answer.set(field, value);
  return answer;
}

function lastWrite(engine: Engine): Doc {
  const now = new DateTime(BigInt(Date.now()));
  const opTime = doc({ ts: engine.clusterTime.now, t: 1n });
  return doc({ opTime, lastWriteDate: now, majorityOpTime: opTime, majorityWriteDate: now });
}
