import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { parseParts, readEnvironment, variables } from '#cli/config.ts';
import { providerVendors } from '#schema/provider-vendors.ts';
import { type SubgraphName, subgraphNames } from '#schema/subgraph.ts';

const root = resolve(import.meta.dirname, '..');

/** No Docker engine is needed: the file is held against the code that it starts. */
const service = z.object({
  image: z.string().optional(),
  build: z.string().optional(),
  command: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  healthcheck: z.object({ test: z.array(z.string()) }),
  ports: z.array(z.string()).optional(),
  restart: z.string().optional(),
  stop_grace_period: z.string().optional(),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.literal('service_healthy') })).optional(),
});
const composeText = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
const file = z.object({ services: z.record(z.string(), service) }).parse(parse(composeText, { merge: true }));

const ours = Object.entries(file.services).filter(([, { build }]) => build !== undefined);
const providerVariables = new Set(
  Object.values(providerVendors).flatMap(({ environment }) => Object.values(environment).flat(2)),
);

/** What compose puts in place of `${NAME:-default}`, `${NAME:?why}` when the variables of the header are set. */
function interpolate(value: string | number): string {
  const given: Record<string, string> = {
    HEDDLE_MESH_SECRET: 'm'.repeat(64),
    HEDDLE_ENCRYPTION_KEY: 'a'.repeat(64),
  };
  return String(value).replace(
    /\$\{(\w+)(?::([-?])([^}]*))?\}/g,
    (_whole, name: string, kind: string | undefined, rest: string | undefined) =>
      given[name] ?? (kind === '-' ? (rest ?? '') : ''),
  );
}

function environmentOf(definition: z.output<typeof service>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(definition.environment ?? {}).map(([name, value]) => [name, interpolate(value)]),
  );
}

function partsOf(definition: z.output<typeof service>) {
  const [command, option, only] = definition.command ?? [];
  expect(command).toBe('serve');
  expect(option).toBe('--only');
  return parseParts(only);
}

describe('docker-compose.yml', () => {
  it('runs every subgraph once, two gateways, a MongoDB replica set and Redis', () => {
    const running = ours.flatMap(([, definition]) => partsOf(definition));
    expect([...running].sort()).toEqual(['gateway', 'gateway', ...subgraphNames].sort());
    expect(file.services.mongo?.command).toContain('--replSet');
    expect(file.services.redis?.image).toMatch(/^redis:/);
  });

  it('sets only variables that config.ts or a provider reads, to values that config.ts takes', () => {
    for (const [name, definition] of ours) {
      const environment = environmentOf(definition);
      const unknown = Object.keys(environment).filter(
        (variable) => !Object.hasOwn(variables, variable) && !providerVariables.has(variable),
      );
      expect({ name, unknown }).toEqual({ name, unknown: [] });
      expect(() => readEnvironment(environment)).not.toThrow();
      expect(readEnvironment(environment)).toMatchObject({
        HOST: '0.0.0.0',
        HEDDLE_MESH_SECRET: 'm'.repeat(64),
      });
    }
  });

  it('asks each process for its health where it listens', () => {
    for (const [, definition] of ours) {
      const environment = readEnvironment(environmentOf(definition));
      const [part] = partsOf(definition);
      const port =
        part === 'gateway'
          ? environment.PORT
          : environment[`HEDDLE_${(part as SubgraphName).toUpperCase()}_PORT` as 'HEDDLE_MODELS_PORT'];
      const [, program, script, url] = definition.healthcheck.test;
      expect([program, script, url]).toEqual([
        'node',
        'cli/healthcheck.ts',
        `http://127.0.0.1:${port}/health/ready`,
      ]);
      expect(existsSync(join(root, script ?? ''))).toBe(true);
    }
  });

  it('points the gateways at each subgraph by its service name and port', () => {
    for (const [, definition] of ours.filter(([, d]) => partsOf(d).includes('gateway'))) {
      const environment = readEnvironment(environmentOf(definition));
      for (const name of subgraphNames) {
        const url = new URL(environment[`HEDDLE_${name.toUpperCase()}_URL` as 'HEDDLE_MODELS_URL']);
        const target = file.services[url.hostname];
        expect(target && partsOf(target)).toEqual([name]);
        const port = readEnvironment(environmentOf(target as z.output<typeof service>))[
          `HEDDLE_${name.toUpperCase()}_PORT` as 'HEDDLE_MODELS_PORT'
        ];
        expect([Number(url.port), url.pathname]).toEqual([port, '/graphql']);
      }
    }
  });

  it.runIf(spawnSync('sh', ['-c', 'command -v openssl']).status === 0)(
    'makes secrets, with the line in its head, that every process takes',
    async () => {
      const [, line = ''] = composeText.match(/^#\s+(printf .*) > \.env$/m) ?? [];
      const { stdout } = await promisify(execFile)('bash', ['-c', line]);
      const made = Object.fromEntries(
        stdout
          .trim()
          .split('\n')
          .map((pair) => pair.split('=')),
      );
      expect(Object.keys(made)).toEqual(['HEDDLE_MESH_SECRET', 'HEDDLE_ENCRYPTION_KEY']);
      expect(() => readEnvironment(made)).not.toThrow();
    },
  );

  it('gives each process the secrets that it needs and no other', () => {
    for (const [, definition] of ours) {
      const [part] = partsOf(definition);
      const environment = environmentOf(definition);
      expect({ part, store: 'MONGO_URL' in environment }).toEqual({ part, store: part !== 'gateway' });
      expect({ part, seals: 'HEDDLE_ENCRYPTION_KEY' in environment }).toEqual({
        part,
        seals: part !== 'gateway',
      });
      expect({ part, admin: 'HEDDLE_ADMIN_KEY' in environment }).toEqual({ part, admin: part === 'tenants' });
    }
  });

  it('brings every service back after a crash, and gives each its time to stop', () => {
    const seconds = (period = '10s') => Number.parseInt(period, 10);
    for (const { restart } of Object.values(file.services)) expect(restart).toBe('unless-stopped');
    for (const [, definition] of ours) {
      const { HEDDLE_DRAIN_MS, HEDDLE_SHUTDOWN_GRACE_MS } = readEnvironment(environmentOf(definition));
      expect(HEDDLE_DRAIN_MS).toBeGreaterThan(0);
      expect(seconds(definition.stop_grace_period) * 1000).toBeGreaterThan(
        HEDDLE_DRAIN_MS + HEDDLE_SHUTDOWN_GRACE_MS + 2_500,
      );
    }
    expect(seconds(file.services.mongo?.stop_grace_period)).toBeGreaterThan(15);
  });

  it('lets its processes write nowhere but to the stores, with no privilege', () => {
    for (const [, { read_only, cap_drop }] of ours) {
      expect({ read_only, cap_drop }).toEqual({ read_only: true, cap_drop: ['ALL'] });
    }
  });

  it('waits for what each service needs, and only for services with a health check', () => {
    for (const [, definition] of ours) {
      for (const name of Object.keys(definition.depends_on ?? {})) {
        expect(file.services[name]?.healthcheck.test.length).toBeGreaterThan(1);
      }
    }
  });

  it('gives hosts the gateways alone, on loopback', () => {
    const published = Object.entries(file.services).flatMap(([name, { ports = [] }]) =>
      ports.map((port) => ({ name, port })),
    );
    expect(published).toEqual([
      { name: 'gateway-1', port: '127.0.0.1:4000:4000' },
      { name: 'gateway-2', port: '127.0.0.1:4010:4000' },
    ]);
  });
});

describe('Dockerfile', () => {
  const text = readFileSync(join(root, 'Dockerfile'), 'utf8');

  it('is built in stages and runs as an unprivileged user', () => {
    expect(text.match(/^FROM /gm)?.length).toBeGreaterThan(1);
    const users = [...text.matchAll(/^USER (\S+)/gm)].map((match) => match[1]);
    expect(users.at(-1)).toBe('node');
  });

  it('copies only what exists, and everything that the server imports', () => {
    const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) =>
      (match[1] ?? '').split(' '),
    );
    for (const path of copied) expect(existsSync(join(root, path)), path).toBe(true);
    for (const part of ['cli', 'gateway', 'subgraphs', 'schema', 'state', 'mongo']) {
      expect(copied).toContain(part);
    }
  });
});
