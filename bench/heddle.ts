import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type Child, startNode } from './child.ts';

/** The admin key of every mesh that a bench starts. */
export const key = `hd_bench_${'k'.repeat(40)}`;

export interface BenchMesh extends Child {
  readonly origin: string;
  /** The data of one operation; throws on errors. */
  data(query: string, variables: Record<string, unknown>): Promise<unknown>;
}

/**
 * Starts `heddle serve` on a free port and resolves when it listens. PROFILE_DIR keeps a CPU
 * profile of it, NODE_FLAGS replaces the options of `npm start`. One process, unless the variables state otherwise.
 * Another `script` starts it in another way, with a channel to this process.
 */
export async function startHeddle(
  environment: Readonly<Record<string, string>>,
  script?: URL,
): Promise<BenchMesh> {
  const profile = process.env.PROFILE_DIR;
  const child = startNode(
    [
      ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]),
      ...(process.env.NODE_FLAGS?.split(' ') ?? ['--max-semi-space-size=16', '--heap-growing-percent=100']),
      (script ?? new URL('../cli/main.ts', import.meta.url)).pathname,
    ],
    { PORT: '0', HEDDLE_ADMIN_KEY: key, LOG_LEVEL: 'warn', HEDDLE_WORKERS: '1', ...environment },
    script !== undefined,
  );
  const origin = await readOrigin(child);
  return {
    ...child,
    origin,
    async data(query, variables) {
      const response = await fetch(`${origin}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: JSON.stringify({ query, variables }),
      });
      const answer = (await response.json()) as { data: unknown; errors?: readonly { message: string }[] };
      if (answer.errors !== undefined) throw new Error(answer.errors[0]?.message);
      return answer.data;
    },
  };
}

/** Registers the AI model of a mesh whose OpenAI-compatible provider is the mock upstream; its name in calls. */
export async function createBenchModel(heddle: Pick<BenchMesh, 'data'>): Promise<string> {
  await heddle.data('mutation ($input: CreateModelInput!) { createModel(input: $input) { id } }', {
    input: {
      providerId: 'openai-compatible',
      name: 'bench',
      capabilities: ['CHAT', 'STREAMING'],
      contextTokens: 128000,
      maxOutputTokens: 4096,
      price: { input: '0.25', output: '2' },
    },
  });
  return 'openai-compatible/bench';
}

function readOrigin(child: Child): Promise<string> {
  return new Promise((found, failed) => {
    createInterface({ input: child.process.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const origin = /(http:\/\/127\.0\.0\.1:\d+)\/graphql/.exec(line)?.[1];
      if (origin !== undefined) found(origin);
    });
    once(child.process, 'exit').then(([code]) =>
      failed(new Error(`heddle ended with ${code} before it listened`)),
    );
  });
}
