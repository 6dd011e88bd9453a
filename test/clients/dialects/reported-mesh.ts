import { expect } from 'vitest';
import type { MeshAddress } from '#test/support/mesh.ts';
import { findSharedMesh } from '#test/support/shared-mesh.ts';
import { chatWires } from './chat-wires.ts';
import { type Body, type Dialect, dialects, post, type Reply, readReply } from './dialects.ts';
import { beginConversation, toLoopFields } from './tool-loop.ts';
import { addUpstreamModel, openUpstream, type Upstream } from './upstream-server.ts';
import type { UpstreamAnswer, UpstreamWire } from './upstream-wire.ts';
import { vendorWires } from './vendor-wires.ts';

export const wires = [...chatWires, ...vendorWires];

function findDialect(name: Dialect['name']): Dialect {
  const found = dialects.find((dialect) => dialect.name === name);
  if (found === undefined) throw new Error(`There is ${name}.`);
  return found;
}
export const chat = findDialect('chat completions');
export const responses = findDialect('responses');
export const messages = findDialect('messages');

/** An answer with everything that the reported servers mixed up: it thinks, speaks, and calls a tool twice. */
export const rich: UpstreamAnswer = {
  reasoning: 'Let me think.',
  signature: Buffer.from('signature').toString('base64'),
  texts: ['I will', ' look.'],
  calls: [
    { id: 'call_a', name: 'look_up', arguments: ['{"PARAM_1":', '"one"', '}'] },
    { id: 'call_b', name: 'look_up', arguments: ['{"PARAM_1":', '"two"', '}'] },
  ],
};

interface Opened {
  readonly upstream: Upstream;
  readonly model: string;
}

/** A mesh with a server of each wire format behind it, for calls in the form of those that were reported of other servers. */
export interface ReportedMesh extends AsyncDisposable {
  readonly mesh: MeshAddress;
  open(wire: UpstreamWire): Opened;
  /** Makes a call that succeeds; `request` is the body that the provider received. */
  send(
    wire: UpstreamWire,
    dialect: Dialect,
    more: Body,
    isStreamed: boolean,
    answer?: UpstreamAnswer,
  ): Promise<Reply & { readonly request: Body }>;
  /** The answer of a path of OpenAI's API. */
  post(path: string, body: Body): Promise<Body>;
}

export async function openReportedMesh(more: readonly UpstreamWire[] = []): Promise<ReportedMesh> {
  const stack = new AsyncDisposableStack();
  const mesh = findSharedMesh();
  const opened = new Map<UpstreamWire, Opened>();
  for (const wire of [...wires, ...more]) {
    const upstream = stack.use(await openUpstream(wire));
    opened.set(wire, { upstream, model: await addUpstreamModel(mesh, wire, upstream) });
  }
  function open(wire: UpstreamWire): Opened {
    const one = opened.get(wire);
    if (one === undefined) throw new Error(`${wire.name} is open.`);
    return one;
  }
  return {
    mesh,
    open,
    async send(wire, dialect, fields, isStreamed, answer = rich) {
      const { upstream, model } = open(wire);
      upstream.answer = answer;
      const body = dialect.toBody(
        model,
        { ...toLoopFields(dialect, beginConversation(dialect, 'Look.')), ...fields },
        isStreamed,
      );
      const reply = await readReply(dialect, await post(mesh, dialect, body, { isStreamed }));
      expect([reply.code, reply.code === null ? '' : reply.text]).toEqual([null, '']);
      return { ...reply, request: JSON.parse(upstream.server.requests.at(-1)?.body ?? '{}') as Body };
    },
    async post(path, body) {
      const response = await fetch(`${mesh.url}/v1/${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${mesh.adminKey}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect(response.status).toBe(200);
      return (await response.json()) as Body;
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
