import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '#test/support/mesh.ts';
import { type Child, startNode, startProcess, startScript } from '../child.ts';
import { bearer, chatDialect } from '../dialects.ts';
import type { Gateway } from './gateway.ts';
import { startFullHeddle } from './heddle-gateway.ts';

/** What the others are compared with. */
export const floor: Gateway = {
  name: 'pass-through',
  does: 'node:http and undici, nothing between them',
  async start({ upstream, tokens }) {
    const child = await startScript('./pass-through.ts', { UPSTREAM: upstream });
    return { ...child, dialect: chatDialect('bench', tokens, {}) };
  },
};

export const heddles: readonly Gateway[] = [
  {
    name: 'Heddle, everything on',
    does: 'an API key with scopes, two limits and a budget, the limits of its plan, guardrail `secrets` in both directions, cache key, metrics, a ledger row durable before the provider is called and closed after it, resumable streams',
    start: ({ upstream, dir, tokens }) => startFullHeddle(upstream, dir, tokens),
  },
  {
    name: 'Heddle without ledger rows',
    does: 'the same, but that records of calls are made and not written: their encoding, their way to the thread of the store, its work and the disk are left out. It exists in this bench alone',
    start: ({ upstream, dir, tokens }) =>
      startFullHeddle(upstream, dir, tokens, new URL('./without-rows.ts', import.meta.url)),
  },
];

/** Resolves when the gateway answers; rejects when it ends before, or after two minutes. */
async function awaitAnswer(child: Child, origin: string): Promise<void> {
  const endMs = performance.now() + 120_000;
  while (performance.now() < endMs && child.process.exitCode === null) {
    try {
      const response = await fetch(origin);
      await response.body?.cancel();
      return;
    } catch {
      // Any error: it does not listen yet.
      await wait(100);
    }
  }
  await child[Symbol.asyncDispose]();
  throw new Error('did not start');
}

/** The peers that bench/peers/install.sh has left in the directory. */
export function findPeers(directory: string): readonly Gateway[] {
  return [findNginx(directory), findPortkey(directory), findLitellm(directory)].filter(
    (peer) => peer !== undefined,
  );
}

const quiet = ['ignore', 'ignore', 'inherit'] as const;

function findNginx(directory: string): Gateway | undefined {
  const program = join(directory, 'nginx/usr/sbin/nginx');
  if (!existsSync(program)) return undefined;
  const version = execFileSync('sh', ['-c', '"$0" -v 2>&1', program], { encoding: 'utf8' });
  return {
    name: `nginx ${/[\d.]+/.exec(version)?.[0]}`,
    does: 'proxy_pass with one worker: no log, no buffering of answers',
    async start({ upstream, dir, tokens }) {
      const port = await freePort();
      const file = join(dir, 'nginx.conf');
      mkdirSync(dir, { recursive: true });
      writeFileSync(file, writeNginxConfig({ port, upstream, dir }));
      const child = startProcess(program, ['-c', file, '-p', dir, '-e', 'stderr'], {}, quiet);
      const origin = `http://127.0.0.1:${port}`;
      await awaitAnswer(child, origin);
      return { ...child, origin, dialect: chatDialect('bench', tokens, {}) };
    },
  };
}

function writeNginxConfig(options: { port: number; upstream: string; dir: string }): string {
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
daemon off; worker_processes 1; pid ${options.dir}/nginx.pid; error_log stderr crit;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000; tcp_nodelay on;
  ${folders.map((name) => `${name}_temp_path ${options.dir}/${name};`).join(' ')}
  upstream mock { server ${new URL(options.upstream).host}; keepalive 512; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${options.port};
    location / { proxy_pass http://mock; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; }
  }
}`;
}

function findPortkey(directory: string): Gateway | undefined {
  const folder = join(directory, 'portkey/node_modules/@portkey-ai/gateway');
  const program = join(folder, 'build/start-server.js');
  if (!existsSync(program)) return undefined;
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  return {
    name: `@portkey-ai/gateway ${version}`,
    does: 'choice of the provider by headers, retries: no keys of its own, no limits, no ledger',
    async start({ upstream, dir, tokens }) {
      const port = await freePort();
      // It binds every interface, and has no option for another.
      const guard = new URL('./loopback-only.ts', import.meta.url).href;
      const child = startNode(
        ['--import', guard, program, `--port=${port}`, '--headless'],
        { NODE_ENV: 'production', HOME: dir },
        false,
      );
      child.process.stdout?.resume();
      const origin = `http://127.0.0.1:${port}`;
      await awaitAnswer(child, origin);
      const headers = {
        ...bearer('sk-mock'),
        'x-portkey-provider': 'openai',
        'x-portkey-custom-host': `${upstream}/v1`,
      };
      return { ...child, origin, dialect: chatDialect('bench', tokens, headers) };
    },
  };
}

/** What it would fetch from the internet by itself, and what shows pages. */
const litellmOffline = {
  LITELLM_LOCAL_MODEL_COST_MAP: 'True',
  LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS: 'True',
  LITELLM_LOCAL_AUTOROUTER_PRESETS: 'True',
  LITELLM_LOCAL_BLOG_POSTS: 'True',
  LITELLM_LOCAL_POLICY_TEMPLATES: 'True',
  LITELLM_MODE: 'PRODUCTION',
  LITELLM_LOG: 'ERROR',
  NO_DOCS: 'True',
  DISABLE_ADMIN_UI: 'True',
  HF_HUB_OFFLINE: '1',
  NO_PROXY: '*',
};

function findLitellm(directory: string): Gateway | undefined {
  const program = join(directory, 'litellm/bin/litellm');
  if (!existsSync(program)) return undefined;
  const read = 'import importlib.metadata as m; print(m.version("litellm"))';
  const version = execFileSync(join(directory, 'litellm/bin/python'), ['-c', read], { encoding: 'utf8' });
  return {
    name: `litellm ${version.trim()}`,
    does: 'its proxy with one worker and a master key, without a database: cost is computed and not kept, no limits',
    async start({ upstream, dir, tokens }) {
      const port = await freePort();
      const key = `sk-bench-${'k'.repeat(40)}`;
      const file = join(dir, 'config.yaml');
      mkdirSync(dir, { recursive: true });
      writeFileSync(
        file,
        JSON.stringify({
          model_list: [
            {
              model_name: 'bench',
              litellm_params: { model: 'openai/bench', api_base: `${upstream}/v1`, api_key: 'sk-mock' },
            },
          ],
          litellm_settings: { set_verbose: false, num_retries: 0 },
          general_settings: { master_key: key },
        }),
      );
      const args = ['--config', file, '--host', '127.0.0.1', '--port', String(port), '--num_workers', '1'];
      const child = startProcess(program, args, { ...litellmOffline, HOME: dir }, quiet);
      const origin = `http://127.0.0.1:${port}`;
      await awaitAnswer(child, `${origin}/health/liveliness`);
      return { ...child, origin, dialect: chatDialect('bench', tokens, bearer(key)) };
    },
  };
}
