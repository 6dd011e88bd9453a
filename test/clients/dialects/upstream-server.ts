import { type ServedRequest, startWireServer, type WireServer } from '#providers/testing/wire-server.ts';
import { admin, unique } from '#test/e2e/scenarios/setup.ts';
import type { MeshAddress } from '#test/support/mesh.ts';
import { chatWires } from './chat-wires.ts';
import type { UpstreamAnswer, UpstreamWire } from './upstream-wire.ts';

/** What follows the first text of a stream: its end, an error, a cut, or nothing at all. */
export type StreamEnd = 'WHOLE' | 'BROKEN' | 'CUT' | 'SILENT';

/** The server of a vendor, with the answer that it sends next. */
export interface Upstream extends AsyncDisposable {
  readonly server: WireServer;
  answer: UpstreamAnswer;
  end: StreamEnd;
  /** Whether requests are answered with 503. */
  isDown: boolean;
  /** The message of the 400 that requests are answered with; null: they are not. */
  refusal: string | null;
  /** Writes the bytes of a stream; by default at once. */
  write: ((frames: readonly (string | Buffer)[]) => Iterable<string | Buffer>) | null;
}

/** The wire format of a request: OpenAI's servers have two. */
function findWire(wire: UpstreamWire, { path }: ServedRequest): UpstreamWire {
  return path.endsWith('/chat/completions') ? (chatWires.find(({ name }) => name === 'chat') ?? wire) : wire;
}

export async function openUpstream(main: UpstreamWire): Promise<Upstream> {
  const server = await startWireServer((response, request) => {
    const wire = findWire(main, request);
    const { answer, end, isDown, refusal, write } = upstream;
    if (refusal !== null) {
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ message: refusal, error: { message: refusal, type: 'invalid_request_error' } }),
      );
      return;
    }
    if (isDown) {
      response.writeHead(503, { 'content-type': 'application/json' });
      response.end('{"error":{"message":"Down."}}');
      return;
    }
    if (!wire.isStreamed(request)) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(wire.whole(answer)));
      return;
    }
    response.writeHead(200, { 'content-type': wire.contentType });
    const frames = wire.frames(answer);
    const shown = end === 'WHOLE' ? frames : frames.slice(0, -3);
    for (const frame of write === null ? shown : write(shown)) response.write(frame);
    if (end === 'SILENT') return;
    response.end(end === 'BROKEN' ? wire.brokenFrame : undefined);
  });
  const upstream: Upstream = {
    server,
    answer: {},
    end: 'WHOLE',
    isDown: false,
    refusal: null,
    write: null,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  return upstream;
}

/** Registers the server as a provider with one AI model that takes files of all kinds; returns the id of the model. */
export async function addUpstreamModel(
  mesh: MeshAddress,
  wire: UpstreamWire,
  upstream: Upstream,
): Promise<string> {
  const root = admin(() => mesh);
  const id = unique('upstream');
  const baseUrl = `${upstream.server.url}${wire.path}`;
  await root.data('mutation ($input: CreateProviderInput!) { createProvider(input: $input) { id } }', {
    input: { id, kind: wire.kind, baseUrl, apiKey: 'upstream-key-0123456789', region: 'eu-central-1' },
  });
  const { createModel } = await root.data<{ createModel: { id: string } }>(
    'mutation ($input: CreateModelInput!) { createModel(input: $input) { id } }',
    {
      input: {
        providerId: id,
        name: wire.model,
        price: { input: '1', output: '10', cachedInput: '0.1', cacheWrite: '1.25' },
        capabilities: ['CHAT', 'STREAMING', 'TOOLS', 'STRUCTURED_OUTPUT', 'REASONING', 'VISION'],
        inputModalities: ['TEXT', 'IMAGE', 'AUDIO', 'VIDEO'],
      },
    },
  );
  return createModel.id;
}
