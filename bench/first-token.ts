/**
 * What guardrails add to a stream: the time to its first token, and CPU of the server per token, with rules that look at output and without,
 * beside a mesh without guardrails in the same run. Prints the table of docs/performance.md. Fails where rules that do not look at output add 1 ms or
 * more to the first token. ROUNDS, STREAMS and FIRSTS (streams of which the first token is timed) change the load.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from './budget.ts';
import { cpuMicros, startScript } from './child.ts';
import { chatDialect } from './dialects.ts';
import { type BenchMesh, createBenchModel, startHeddle } from './heddle.ts';
import { loadEventStreams } from './load.ts';

const rounds = Number(process.env.ROUNDS ?? 5);
const streams = Number(process.env.STREAMS ?? 100);
const firsts = Number(process.env.FIRSTS ?? 60);
const tokens = 60;
/** Streams of which the first token is timed at once. */
const atOnce = 3;
const addedMsMax = 1;

interface Variant {
  readonly name: string;
  readonly guardrails: string;
  /** Rules of a policy of the mesh. */
  readonly rules?: readonly object[];
}

const rule = (name: string, stages: readonly string[], action: string) => ({ rule: name, stages, action });
const variants: readonly Variant[] = [
  { name: 'none', guardrails: '' },
  {
    name: 'rules that do not look at output (`secrets` and `pii`, INPUT)',
    guardrails: '',
    rules: [rule('secrets', ['INPUT'], 'BLOCK'), rule('pii', ['INPUT'], 'BLOCK')],
  },
  {
    name: 'rules that change nothing (`secrets` and `pii`, OUTPUT, LOG)',
    guardrails: '',
    rules: [rule('secrets', ['OUTPUT'], 'LOG'), rule('pii', ['OUTPUT'], 'LOG')],
  },
  {
    name: '`secrets` and `pii`, OUTPUT, REDACT',
    guardrails: '',
    rules: [rule('secrets', ['OUTPUT'], 'REDACT'), rule('pii', ['OUTPUT'], 'REDACT')],
  },
  { name: 'the default policy', guardrails: 'default' },
];
const unheld = variants.slice(1, 3);

const model = 'openai-compatible/bench';
const dialect = chatDialect(model, tokens);
let serial = 0;

/** Time to the first token of one stream, in ms. */
async function timeFirstToken({ origin }: BenchMesh): Promise<number> {
  const { path, headers, body, token } = dialect.stream;
  const start = performance.now();
  const response = await fetch(`${origin}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: body(serial++),
  });
  let text = '';
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? new ReadableStream<Uint8Array>()) {
    text += decoder.decode(bytes, { stream: true });
    if (text.includes(token)) {
      // Leaving the loop closes the stream.
      return performance.now() - start;
    }
  }
  throw new Error(`a stream ended without a token: ${text.slice(0, 300)}`);
}

async function timeFirstTokens(heddle: BenchMesh): Promise<readonly number[]> {
  const times: number[] = [];
  const lane = async () => {
    for (let number = 0; number < firsts / atOnce; number += 1) times.push(await timeFirstToken(heddle));
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return times;
}

/** The time that a tenth of the streams do not exceed: what other work of the machine disturbs least. */
function lowest(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 10)] ?? 0;
}

async function measureTokens(heddle: BenchMesh): Promise<number> {
  const before = cpuMicros(heddle.pid);
  const { stream } = dialect;
  const count = await loadEventStreams({
    ...stream,
    origin: heddle.origin,
    body: () => stream.body(serial++),
    streams,
  });
  return (cpuMicros(heddle.pid) - before) / count;
}

async function open({ guardrails, rules }: Variant, upstream: string, dir: string): Promise<BenchMesh> {
  const heddle = await startHeddle({
    HEDDLE_DATA_DIR: dir,
    HEDDLE_KEY_LIMITS: 'none',
    HEDDLE_GUARDRAILS: guardrails,
    LOG_LEVEL: 'error',
    OPENAI_COMPATIBLE_BASE_URL: `${upstream}/v1`,
    OPENAI_COMPATIBLE_API_KEY: 'bench-key',
  });
  await createBenchModel(heddle);
  if (rules !== undefined) {
    const save = 'mutation ($input: GuardrailPolicyInput!) { saveGuardrailPolicy(input: $input) { id } }';
    await heddle.data(save, { input: { id: 'bench', rules } });
  }
  return heddle;
}

await using stack = new AsyncDisposableStack();
const dir = await mkdtemp(join(tmpdir(), 'heddle-bench-'));
stack.defer(() => rm(dir, { recursive: true, force: true }));
const upstream = stack.use(
  await startScript('./mock-upstream.ts', { TOKENS: String(tokens), INTERVAL_MS: '10' }),
);
const meshes: {
  readonly variant: Variant;
  readonly heddle: BenchMesh;
  readonly firstMs: number[];
  readonly tokenMicros: number[];
}[] = [];
for (const [number, variant] of variants.entries()) {
  const heddle = stack.use(await open(variant, upstream.origin, join(dir, String(number))));
  meshes.push({ variant, heddle, firstMs: [], tokenMicros: [] });
}
for (let round = 0; round <= rounds; round += 1) {
  // The order changes from round to round; V8 compiles in the first one.
  for (const { heddle, firstMs, tokenMicros } of round % 2 === 0 ? meshes : meshes.toReversed()) {
    const times = await timeFirstTokens(heddle);
    const micros = await measureTokens(heddle);
    if (round === 0) continue;
    firstMs.push(...times);
    tokenMicros.push(micros);
  }
}
const plain = meshes[0] ?? undefined;
if (plain === undefined) throw new Error('Nothing was measured.');
console.log('| guardrails | first token, ms | added, ms | CPU µs per token | ratio |');
console.log('|---|---|---|---|---|');
for (const { variant, firstMs, tokenMicros } of meshes) {
  const [first, micros] = [lowest(firstMs), median(tokenMicros)];
  const added = first - lowest(plain.firstMs);
  // Each round beside the mesh without guardrails in the same round.
  const ratio = median(tokenMicros.map((each, at) => each / (plain.tokenMicros[at] ?? 1)));
  console.log(
    `| ${variant.name} | ${first.toFixed(1)} | ${added.toFixed(2)} | ${micros.toFixed(0)} | ${ratio.toFixed(2)} |`,
  );
  if (unheld.includes(variant) && !(added < addedMsMax)) process.exitCode = 1;
}
