import type { MeshAddress } from '#test/support/mesh.ts';
import { type Body, type Dialect, joinDeltas, post, type Reply, readReply } from './dialects.ts';
import type { Feature } from './feature.ts';
import { beginConversation, continueConversation, toLoopFields } from './tool-loop.ts';
import type { Upstream } from './upstream-server.ts';
import type { UpstreamAnswer, UpstreamWire } from './upstream-wire.ts';

/** A wire format with its server and its AI model in the mesh; the demo has no server. */
export interface Column {
  readonly name: string;
  readonly model: string;
  readonly wire: UpstreamWire | null;
  readonly upstream: Upstream | null;
}

/**
 * What became of a feature: `sent` or `received`, `dropped` and named, `refused` with BAD_USER_INPUT, `none` where one side has no
 * place for it, `unused` where the demo, which is no AI, has no use for it, and `lost` where it disappeared without a word.
 */
export type Outcome = 'yes' | 'dropped' | 'refused' | 'none' | 'unused' | 'lost';

export interface Cell {
  readonly outcome: Outcome;
  /** What a failed test shows. */
  readonly detail: string;
}

const hello: UpstreamAnswer = { texts: ['Hello', ' you'] };
const cell = (outcome: Outcome, detail = ''): Cell => ({ outcome, detail });

interface Exchanged extends Reply {
  /** The body that the provider got; null: none was called over HTTP. */
  readonly request: string | null;
}

async function exchange(
  mesh: MeshAddress,
  { model, upstream }: Column,
  dialect: Dialect,
  { fields, answer, isStreamed }: { fields: Body; answer: UpstreamAnswer; isStreamed: boolean },
): Promise<Exchanged> {
  const before = upstream?.server.requests.length ?? 0;
  if (upstream !== null) upstream.answer = answer;
  const response = await post(mesh, dialect, dialect.toBody(model, fields, isStreamed), { isStreamed });
  const reply = await readReply(dialect, response);
  const request = upstream?.server.requests.slice(before).at(-1)?.body ?? null;
  return { ...reply, request };
}

/** Sends a call with the feature over real HTTP, and compares what came out on both sides. */
export async function measureCell(
  mesh: MeshAddress,
  column: Column,
  dialect: Dialect,
  feature: Feature,
  isStreamed: boolean,
): Promise<Cell> {
  const fields = feature.asks[dialect.name];
  if (fields === undefined) return cell('none');
  const { wire } = column;
  const lacks = feature.needs !== undefined && wire?.aspects.has(feature.needs) !== true;
  const isDemo = wire === null;
  const answer = lacks ? hello : (feature.answer ?? hello);
  const reply = await exchange(mesh, column, dialect, { fields, answer, isStreamed });
  if (reply.code !== null) {
    const isClean = reply.code === 'BAD_USER_INPUT' && reply.request === null;
    return isClean ? cell('refused') : cell('lost', `${reply.status} ${reply.text.slice(0, 300)}`);
  }
  if (isStreamed && !dialect.end.test(reply.text)) return cell('lost', `no end: ${reply.text.slice(-300)}`);
  const sent = await findSent(mesh, column, dialect, feature, { reply, isStreamed });
  if (sent !== 'yes') return cell(sent, `request: ${reply.request} dropped: ${reply.dropped}`);
  if (feature.received === undefined) return cell('yes');
  if (lacks && !isDemo) return cell('none');
  if (isDemo && feature.received(reply.text, dialect, isDemo)) return cell('yes');
  if (isDemo) return cell(Object.keys(fields).length === 0 ? 'none' : sent);
  if (feature.received(reply.text, dialect, isDemo)) return cell('yes');
  return cell('lost', `answer: ${reply.text.slice(0, 2_000)}`);
}

/** An answer without what is another one in each: ids, times and counts. */
const readShape = (text: string) => text.replaceAll(/"(?:id|item_id)":"[^"]*"|\d+/g, '');

/** What became of the fields of the call: whether the request of the provider, or the answer of the demo, has them. */
async function findSent(
  mesh: MeshAddress,
  column: Column,
  dialect: Dialect,
  { asks, without, sent }: Feature,
  { reply, isStreamed }: { reply: Exchanged; isStreamed: boolean },
): Promise<Outcome> {
  const fields = asks[dialect.name] ?? {};
  if (Object.keys(fields).length === 0) return 'yes';
  const isDemo = reply.request === null;
  if (sent !== undefined && !isDemo) {
    if (sent.every((marker) => reply.request?.includes(marker))) return 'yes';
  } else {
    const asked = { fields: without?.[dialect.name] ?? {}, answer: hello, isStreamed };
    const other = await exchange(mesh, column, dialect, asked);
    const isOther = isDemo
      ? readShape(reply.text) !== readShape(other.text) && reply.dropped.length === 0
      : reply.request !== other.request;
    if (isOther) return 'yes';
  }
  if (reply.dropped.length > 0) return 'dropped';
  return isDemo ? 'unused' : 'lost';
}

/** Streams a text to its end, and compares the pieces that the client got. */
export async function measureStream(mesh: MeshAddress, column: Column, dialect: Dialect): Promise<Cell> {
  const texts = ['One ', 'two ', '"three" ', 'fo\\ur\n', 'fünf ', '😀'];
  const fields = column.upstream === null ? sayText(dialect, texts.join('')) : {};
  const reply = await exchange(mesh, column, dialect, { fields, answer: { texts }, isStreamed: true });
  const isWhole = joinDeltas(dialect, reply.text) === texts.join('') && dialect.end.test(reply.text);
  return isWhole && !dialect.failure.test(reply.text) ? cell('yes') : cell('lost', reply.text);
}

/** The fields of a call in which the user says the text. */
function sayText({ name }: Dialect, text: string): Body {
  if (name === 'responses') return { input: text };
  return { messages: [{ role: name === 'GraphQL' ? 'USER' : 'user', content: text }] };
}

/** Lets the provider fail in the middle of a stream: the client must see an error, and no end. */
export async function measureFailure(
  mesh: MeshAddress,
  column: Column,
  dialect: Dialect,
  end: 'BROKEN' | 'CUT',
): Promise<Cell> {
  const { upstream } = column;
  const isDemo = upstream === null;
  // The demo is in the process: nothing is between it and the mesh that could be cut.
  if (isDemo && end === 'CUT') return cell('none');
  if (upstream !== null) upstream.end = end;
  const used = isDemo ? { ...column, model: 'demo/cut' } : column;
  const fields = sayText(dialect, 'One two three four five six seven');
  const answer = { texts: ['One ', 'two ', 'three ', 'four ', 'five ', 'six '] };
  const reply = await exchange(mesh, used, dialect, { fields, answer, isStreamed: true });
  if (upstream !== null) upstream.end = 'WHOLE';
  const isHonest =
    joinDeltas(dialect, reply.text).startsWith('One ') &&
    dialect.failure.test(reply.text) &&
    !dialect.end.test(reply.text);
  return isHonest ? cell('yes') : cell('lost', reply.text);
}

/** Leaves in the middle of a stream: the call of the provider must be canceled. */
export async function measureCancel(mesh: MeshAddress, column: Column, dialect: Dialect): Promise<Cell> {
  const { upstream, model } = column;
  // The demo has no connection that could be watched.
  if (upstream === null) return cell('none');
  Object.assign(upstream, { answer: { texts: ['One ', 'two ', 'three ', 'four ', 'five '] }, end: 'SILENT' });
  const index = upstream.server.requests.length;
  const leaving = new AbortController();
  const response = await post(mesh, dialect, dialect.toBody(model, {}, true), {
    isStreamed: true,
    signal: leaving.signal,
  });
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const bytes of response.body ?? []) {
      text += decoder.decode(bytes, { stream: true });
      if (joinDeltas(dialect, text).includes('One')) leaving.abort();
    }
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'AbortError') throw error;
  }
  const isCut = await upstream.server.closed(index);
  upstream.end = 'WHOLE';
  return isCut ? cell('yes') : cell('lost', text);
}

/** Sends the reasoning of an answer, which the provider has signed, back in the next turn. */
export async function measureSignedReasoning(
  mesh: MeshAddress,
  column: Column,
  dialect: Dialect,
): Promise<Cell> {
  if (column.wire?.aspects.has('signature') !== true) return cell('none');
  const call = { id: 'call_1', name: 'look_up', arguments: ['{"PARAM_1":"x"}'] };
  const answer = { reasoning: 'THOUGHT-1', signature: 'U0lHTkFUVVJFLTE=', calls: [call] };
  const conversation = beginConversation(dialect, 'Look.');
  const asked = { fields: toLoopFields(dialect, conversation), answer, isStreamed: false };
  const first = await exchange(mesh, column, dialect, asked);
  const next = continueConversation(dialect, conversation, first.text, 'found');
  const fields = toLoopFields(dialect, next);
  const { request } = await exchange(mesh, column, dialect, { ...asked, fields, answer: hello });
  return request?.includes(answer.signature) ? cell('yes') : cell('lost', `${first.text} ${request}`);
}
