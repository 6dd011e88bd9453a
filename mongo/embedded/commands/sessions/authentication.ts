import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { Binary, type Doc, doc, int32, isDoc, type Value } from '../../bson/values.ts';
import { CommandError, unsupported } from '../../errors.ts';
import type { WireClient } from '../../wire/connection.ts';
import type { Reply } from '../reply.ts';
import type { Request } from '../request.ts';

const MECHANISM = 'SCRAM-SHA-256';
const ITERATIONS = 15_000;
const SALT_BYTES = 28;
const NONCE_BYTES = 24;
const PAYLOAD_BYTES_MAX = 4_096;
const CONVERSATION_ID = int32(1);

/** What the store knows of its one user: nothing that the password could be read from, or used in place of it. */
export type ScramCredentials = {
  readonly user: string;
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
};

const hmac = (key: Uint8Array, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** RFC 5802 section 3, with the hash of RFC 7677. */
export async function createCredentials(user: string, password: string): Promise<ScramCredentials> {
  const salt = randomBytes(SALT_BYTES);
  const salted = await promisify(pbkdf2)(password, salt, ITERATIONS, 32, 'sha256');
  return {
    user,
    salt,
    iterations: ITERATIONS,
    storedKey: createHash('sha256').update(hmac(salted, 'Client Key')).digest(),
    serverKey: hmac(salted, 'Server Key'),
  };
}

/** Commands that a client may send before it has proved who it is. */
const OPEN_COMMANDS = new Set(['hello', 'isMaster', 'ismaster', 'ping', 'saslStart', 'saslContinue']);

type Conversation = { readonly clientFirst: string; readonly serverFirst: string; readonly nonce: string };

const failed = (): CommandError => new CommandError('AuthenticationFailed', 'Authentication failed.');

/** The attributes of a message, such as `r=…,p=…`. */
function parseAttributes(text: string): ReadonlyMap<string, string> {
  return new Map(text.split(',').map((attribute) => [attribute.slice(0, 2), attribute.slice(2)]));
}

function readPayload(payload: Value | undefined): string {
  if (!(payload instanceof Binary) || payload.bytes.length > PAYLOAD_BYTES_MAX) throw failed();
  return Buffer.from(payload.bytes).toString('utf8');
}

/** Which clients have proved that they know the password (SCRAM-SHA-256). Without credentials every client may do all. */
export class Authentication {
  readonly #credentials: ScramCredentials | undefined;
  readonly #authenticated = new WeakSet<WireClient>();
  readonly #conversations = new WeakMap<WireClient, Conversation>();

  constructor(credentials: ScramCredentials | undefined) {
    this.#credentials = credentials;
  }

  get isRequired(): boolean {
    return this.#credentials !== undefined;
  }

  /** Throws Unauthorized where the client may not send the command yet. */
  check(command: string, client: WireClient): void {
    if (this.#credentials === undefined || this.#authenticated.has(client) || OPEN_COMMANDS.has(command))
      return;
    throw new CommandError('Unauthorized', `command ${command} requires authentication`);
  }

  #required(): ScramCredentials {
    if (this.#credentials === undefined)
      throw unsupported('authentication (leave the user name out of the URL)');
    return this.#credentials;
  }

  /** The client's first message and the answer to it: the salt, and a nonce of ours. */
  start(body: Doc, client: WireClient): Doc {
    const { user, salt, iterations } = this.#required();
    if (body.get('mechanism') !== MECHANISM) {
      throw new CommandError('BadValue', `the mechanism must be ${MECHANISM}`);
    }
    this.#conversations.delete(client);
    const [binding, authorization, ...rest] = readPayload(body.get('payload')).split(',');
    const clientFirst = rest.join(',');
    const attributes = parseAttributes(clientFirst);
    const name = attributes.get('n=')?.replaceAll('=2C', ',').replaceAll('=3D', '=');
    const clientNonce = attributes.get('r=');
    if (binding !== 'n' || authorization !== '' || name !== user || !clientNonce) throw failed();
    const nonce = clientNonce + randomBytes(NONCE_BYTES).toString('base64');
    const serverFirst = `r=${nonce},s=${Buffer.from(salt).toString('base64')},i=${iterations}`;
    this.#conversations.set(client, { clientFirst, serverFirst, nonce });
    return reply(serverFirst, false);
  }

  /** The client's proof, and ours. */
  continue(body: Doc, client: WireClient): Doc {
    const { storedKey, serverKey } = this.#required();
    const text = readPayload(body.get('payload'));
    // Drivers that do not skip it end with an empty message.
    if (text === '' && this.#authenticated.has(client)) return reply('', true);
    const conversation = this.#conversations.get(client);
    this.#conversations.delete(client);
    const attributes = parseAttributes(text);
    const proof = Buffer.from(attributes.get('p=') ?? '', 'base64');
    if (conversation === undefined || proof.length !== storedKey.length) throw failed();
    if (attributes.get('c=') !== 'biws' || attributes.get('r=') !== conversation.nonce) throw failed();
    const withoutProof = text.slice(0, text.lastIndexOf(',p='));
    const signed = [conversation.clientFirst, conversation.serverFirst, withoutProof].join(',');
    const clientSignature = hmac(storedKey, signed);
    const clientKey = proof.map((byte, index) => byte ^ (clientSignature[index] ?? 0));
    if (!timingSafeEqual(createHash('sha256').update(clientKey).digest(), storedKey)) throw failed();
    this.#authenticated.add(client);
    return reply(`v=${hmac(serverKey, signed).toString('base64')}`, true);
  }

  /** What `hello` returns of it: the mechanism, and the first step where the client has sent it along. */
  greet(body: Doc, client: WireClient): Doc {
    const greeting: Doc = new Map();
    const speculative = body.get('speculativeAuthenticate');
    if (!body.has('saslSupportedMechs') && speculative === undefined) return greeting;
    this.#required();
    if (body.has('saslSupportedMechs')) greeting.set('saslSupportedMechs', [MECHANISM]);
    if (!isDoc(speculative) || speculative.get('mechanism') !== MECHANISM) return greeting;
    try {
      greeting.set('speculativeAuthenticate', this.start(speculative, client));
    } catch {
      // Any error: left out, and the client is refused at saslStart.
    }
    return greeting;
  }
}

function reply(payload: string, done: boolean): Doc {
  return doc({
    conversationId: CONVERSATION_ID,
    done,
    payload: new Binary(Buffer.from(payload, 'utf8')),
  });
}

export function saslStart(engine: { readonly authentication: Authentication }, request: Request): Reply {
  return engine.authentication.start(request.body, request.client);
}

export function saslContinue(engine: { readonly authentication: Authentication }, request: Request): Reply {
  return engine.authentication.continue(request.body, request.client);
}
