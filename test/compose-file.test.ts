import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { type SubgraphName, subgraphNames } from '#core/subgraph-names.ts';
import { vendors } from '#providers/registry/vendors.generated.ts';
import { readEnvironment, variables } from '#server/config.ts';
import { parseParts } from '#server/mesh.ts';
import { createMeshKeyPair } from '#transport/mesh-keys.ts';

const root = resolve(import.meta.dirname, '..');

/** No Docker engine is needed: the file is held against the code that it starts. */
const service = z.object({
  image: z.string().optional(),
  build: z.string().optional(),
  command: z.array(z.string()).optional(),
  entrypoint: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  ports: z.array(z.string()).optional(),
  restart: z.string().optional(),
  stop_grace_period: z.string().optional(),
  read_only: z.boolean().optional(),
  cap_drop: z.array(z.string()).optional(),
  cap_add: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
  mem_limit: z.string().optional(),
  pids_limit: z.number().optional(),
  user: z.string().optional(),
  network_mode: z.string().optional(),
  networks: z.array(z.string()).optional(),
  volumes: z
    .array(
      z.union([
        z.string(),
        z.object({
          type: z.enum(['volume', 'bind']),
          source: z.string(),
          target: z.string(),
          read_only: z.boolean().optional(),
          volume: z.object({ subpath: z.string() }).optional(),
        }),
      ]),
    )
    .optional(),
  depends_on: z
    .record(
      z.string(),
      z.object({ condition: z.enum(['service_healthy', 'service_completed_successfully']) }),
    )
    .optional(),
});
const composeText = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
const file = z
  .object({
    services: z.record(z.string(), service),
    networks: z.record(z.string(), z.object({ internal: z.boolean() }).nullable()),
  })
  .parse(parse(composeText, { merge: true }));

const ours = Object.entries(file.services).filter(([, { command = [] }]) => command[0] === 'serve');
const providerVariables = new Set(
  Object.values(vendors).flatMap(({ environment }) => Object.values(environment).flat(2)),
);

/** What compose puts in place of `${NAME:-default}`, `${NAME:?why}` when the variables of the header are set. */
function interpolate(value: string | number): string {
  const { privateKey, publicKey } = createMeshKeyPair();
  const given: Record<string, string> = {
    HEDDLE_MESH_KEY: privateKey,
    HEDDLE_MESH_PUBLIC_KEYS: publicKey,
    HEDDLE_ENCRYPTION_KEY: 'a'.repeat(64),
    MONGO_PASSWORD: 'b'.repeat(64),
    REDIS_PASSWORD: 'c'.repeat(64),
    REDIS_GATEWAY_PASSWORD: 'd'.repeat(64),
  };
  return String(value).replace(
    /\$\{(\w+)(?::([-?])([^}]*))?\}/g,
    (_whole, name: string, kind: string | undefined, rest: string | undefined) =>
      given[name] ?? (kind === '-' ? (rest ?? '') : ''),
  );
}

function listEnvironment(definition: z.output<typeof service>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(definition.environment ?? {}).map(([name, value]) => [name, interpolate(value)]),
  );
}

function listParts(definition: z.output<typeof service>) {
  const [command, option, only] = definition.command ?? [];
  expect(command).toBe('serve');
  expect(option).toBe('--only');
  return parseParts(only);
}

describe('docker-compose.yml', () => {
  it('runs every subgraph once, two gateways, a MongoDB replica set and Redis', () => {
    const running = ours.flatMap(([, definition]) => listParts(definition));
    expect([...running].sort()).toEqual(['gateway', 'gateway', ...subgraphNames].sort());
    expect(file.services.mongo?.command).toContain('--replSet');
    expect(file.services.redis?.image).toMatch(/^redis:/);
  });

  it('sets only variables that config.ts or a provider reads, to values that config.ts takes', () => {
    for (const [name, definition] of ours) {
      const environment = listEnvironment(definition);
      const unknown = Object.keys(environment).filter(
        (variable) => !Object.hasOwn(variables, variable) && !providerVariables.has(variable),
      );
      expect({ name, unknown }).toEqual({ name, unknown: [] });
      expect(() => readEnvironment(environment)).not.toThrow();
      expect(readEnvironment(environment)).toMatchObject({ HOST: '0.0.0.0' });
    }
  });

  it('checks the health of each process where it listens', () => {
    for (const [, definition] of ours) {
      const environment = readEnvironment(listEnvironment(definition));
      const [part] = listParts(definition);
      const port =
        part === 'gateway'
          ? environment.PORT
          : environment[`HEDDLE_${(part as SubgraphName).toUpperCase()}_PORT` as 'HEDDLE_MODELS_PORT'];
      const [, program, script, url] = definition.healthcheck?.test ?? [];
      expect([program, script, url]).toEqual([
        'node',
        'cli/healthcheck.ts',
        `${part === 'gateway' ? 'http' : 'https'}://127.0.0.1:${port}/health/ready`,
      ]);
      expect(existsSync(join(root, script ?? ''))).toBe(true);
    }
  });

  it('points the gateways at each subgraph by its service name and port', () => {
    for (const [, definition] of ours.filter(([, d]) => listParts(d).includes('gateway'))) {
      const environment = readEnvironment(listEnvironment(definition));
      for (const name of subgraphNames) {
        const url = new URL(environment[`HEDDLE_${name.toUpperCase()}_URL` as 'HEDDLE_MODELS_URL']);
        const target = file.services[url.hostname];
        expect(target && listParts(target)).toEqual([name]);
        const port = readEnvironment(listEnvironment(target as z.output<typeof service>))[
          `HEDDLE_${name.toUpperCase()}_PORT` as 'HEDDLE_MODELS_PORT'
        ];
        expect([url.protocol, Number(url.port), url.pathname]).toEqual(['https:', port, '/graphql']);
      }
    }
  });

  it.runIf(spawnSync('sh', ['-c', 'command -v openssl']).status === 0)(
    'makes secrets, with the lines in its head, that every process takes, and no secret has a default',
    async () => {
      const [, line = ''] = composeText.match(/^#\s+(for name in .*) >> \.env$/m) ?? [];
      expect(composeText).toMatch(/^#\s+docker build .* heddle mesh-key > \.env$/m);
      const heddle = promisify(execFile)(process.execPath, ['cli/main.ts', 'mesh-key'], {
        cwd: root,
        env: {},
      });
      const { stdout } = await promisify(execFile)('bash', ['-c', line]);
      const made = Object.fromEntries(
        `${(await heddle).stdout}${stdout}`
          .trim()
          .split('\n')
          .map((pair) => pair.split('=')),
      );
      const required = [...composeText.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name ?? '');
      expect(Object.keys(made).toSorted()).toEqual([...new Set(required)].toSorted());
      expect(() => readEnvironment(made)).not.toThrow();
      const optional = [...composeText.matchAll(/\$\{(\w+):-[^}]+\}/g)].map(([, name]) => name);
      expect(optional.filter((name) => /KEY|SECRET|PASSWORD|TOKEN|CREDENTIALS/.test(name ?? ''))).toEqual([]);
    },
  );

  it('hands each process the secrets that it needs and no other', () => {
    const collector = ['ENDPOINT', 'HEADERS', 'TRACES_ENDPOINT', 'TRACES_HEADERS'].map(
      (name) => `OTEL_EXPORTER_OTLP_${name}`,
    );
    const needed = (part: string | undefined) =>
      part === 'gateway'
        ? ['HEDDLE_MESH_KEY', 'HEDDLE_METRICS_TOKEN', ...collector, 'REDIS_URL']
        : [
            ...[
              'HEDDLE_ENCRYPTION_KEY',
              'HEDDLE_ENCRYPTION_KEY_PREVIOUS',
              'HEDDLE_METRICS_TOKEN',
              'MONGO_URL',
              ...collector,
              'REDIS_URL',
            ],
            ...(part === 'tenants'
              ? [
                  'HEDDLE_ADMIN_KEY',
                  'HEDDLE_AUDIT_ANCHOR_URL',
                  'HEDDLE_OIDC_CLIENT_SECRET',
                  'HEDDLE_SMTP_URL',
                ]
              : []),
          ];
    for (const [, definition] of ours) {
      const [part] = listParts(definition);
      const environment = listEnvironment(definition);
      const secrets = Object.entries<{ secret?: true }>(variables)
        // Those of AWS are handed on for Bedrock.
        .filter(([name, { secret }]) => secret && name in environment && !providerVariables.has(name))
        .map(([name]) => name);
      expect({ part, secrets: secrets.toSorted() }).toEqual({ part, secrets: needed(part).toSorted() });
      expect({ part, verifies: 'HEDDLE_MESH_PUBLIC_KEYS' in environment }).toEqual({
        part,
        verifies: part !== 'gateway',
      });
      const provider = Object.keys(environment).filter((name) => providerVariables.has(name));
      expect({ part, provider: provider.length > 0 }).toEqual({ part, provider: part === 'models' });
    }
  });

  it('hands on every variable of config.ts and of providers, so that each may stand in .env', () => {
    const handedOn = new Set(ours.flatMap(([, definition]) => Object.keys(definition.environment ?? {})));
    // Not of use here: the stores are others, parts have no workers, no part speaks plain HTTP, gateways are published on loopback alone, and what seals
    // does not reach the services of root keys.
    const elsewhere = [
      'HEDDLE_DATA_DIR',
      'HEDDLE_ROOT_KEY',
      'HEDDLE_ROOT_KEY_PREVIOUS',
      'AWS_ENDPOINT_URL_KMS',
      'VAULT_ADDR',
      'VAULT_TOKEN',
      'VAULT_TOKEN_FILE',
      'VAULT_NAMESPACE',
      'HEDDLE_MESH_SECRET',
      'HEDDLE_MESH_PLAINTEXT',
      'HEDDLE_PUBLIC_TLS_CERT',
      'HEDDLE_PUBLIC_TLS_KEY',
      'HEDDLE_STORE_PASSWORD',
      'HEDDLE_WORKERS',
    ];
    const names = [...Object.keys(variables), ...providerVariables];
    expect(names.filter((name) => !handedOn.has(name))).toEqual(elsewhere);
    for (const [, definition] of ours) {
      for (const [name, value] of Object.entries(definition.environment ?? {})) {
        // What is set here for good is not to be set elsewhere; all else comes from .env under its own name.
        const [, from] = /\$\{(\w+)/.exec(String(value)) ?? [];
        if (from !== undefined && !/^(MONGO|REDIS)_URL$/.test(name)) expect(from).toBe(name);
      }
    }
  });

  it('reaches MongoDB, Redis and every part by TLS alone, as users of their own', () => {
    const users = new Map<string, string>();
    for (const [, definition] of ours) {
      const { MONGO_URL, REDIS_URL, ...environment } = readEnvironment(listEnvironment(definition));
      const [part = ''] = listParts(definition);
      const redis = new URL(REDIS_URL ?? '');
      expect(redis.protocol).toBe('rediss:');
      users.set(part, redis.username);
      if (MONGO_URL !== undefined) {
        const mongo = new URL(MONGO_URL);
        expect([mongo.username, mongo.password.length, mongo.searchParams.get('tls')]).toEqual([
          'heddle',
          64,
          'true',
        ]);
      }
      expect(environment).toMatchObject({
        HEDDLE_MESH_PLAINTEXT: 'refused',
        HEDDLE_TLS_CERT: '/certificates/cert.pem',
        HEDDLE_TLS_KEY: '/certificates/key.pem',
        HEDDLE_TLS_CA: '/certificates/ca.pem',
      });
    }
    expect(users.get('gateway')).toBe('heddle-gateway');
    expect(users.get('inference')).toBe('heddle');
    const { mongo, redis } = file.services;
    expect(mongo?.command?.join(' ')).toMatch(/--keyFile \S+ --tlsMode requireTLS /);
    expect(redis?.command?.join(' ')).toMatch(/--aclfile \S+ --port 0 --tls-port 6379/);
  });

  it('shows each service the certificates of its own folder alone, and only to read', () => {
    for (const [name, { volumes = [] }] of Object.entries(file.services)) {
      const mounted = volumes.flatMap((volume) =>
        typeof volume === 'object' && volume.source === 'certificates' ? [volume] : [],
      );
      if (name === 'certificates') continue;
      const subpath = name.replace(/-\d+$/, '');
      expect({ name, mounted }).toEqual({
        name,
        mounted: [
          {
            type: 'volume',
            source: 'certificates',
            target: '/certificates',
            read_only: true,
            volume: { subpath },
          },
        ],
      });
      expect(file.services[name]?.depends_on).toHaveProperty('certificates', {
        condition: 'service_completed_successfully',
      });
    }
    const binds = Object.values(file.services).flatMap(({ volumes = [] }) =>
      volumes.flatMap((volume) => (typeof volume === 'object' && volume.type === 'bind' ? [volume] : [])),
    );
    expect(binds.length).toBeGreaterThan(0);
    for (const { source, read_only } of binds) {
      expect({ source, read_only, isThere: existsSync(join(root, source)) }).toEqual({
        source,
        read_only: true,
        isThere: true,
      });
    }
  });

  it('lets only the parts reach the stores, and nothing but gateways and inference leave', () => {
    const on = (network: string) =>
      Object.entries(file.services)
        .filter(([, { networks = [] }]) => networks.includes(network))
        .map(([name]) => name)
        .toSorted();
    const gateways = ['gateway-1', 'gateway-2'];
    expect(Object.fromEntries(Object.keys(file.networks).map((name) => [name, on(name)]))).toEqual({
      edge: gateways,
      mesh: [...gateways, ...subgraphNames].toSorted(),
      state: [...gateways, ...subgraphNames, 'redis'].toSorted(),
      store: [...subgraphNames, 'mongo'].toSorted(),
      egress: ['inference'],
    });
    for (const name of ['mesh', 'state', 'store']) expect(file.networks[name]).toEqual({ internal: true });
    for (const [name, { networks, network_mode }] of Object.entries(file.services)) {
      expect({ name, has: networks !== undefined || network_mode === 'none' }).toEqual({ name, has: true });
    }
  });

  it('brings every service back after a crash, and leaves each its time to stop', () => {
    const seconds = (period = '10s') => Number.parseInt(period, 10);
    for (const [name, { restart }] of Object.entries(file.services)) {
      expect({ name, restart }).toEqual({ name, restart: name === 'certificates' ? 'no' : 'unless-stopped' });
    }
    for (const [, definition] of ours) {
      const { HEDDLE_DRAIN_MS, HEDDLE_SHUTDOWN_GRACE_MS } = readEnvironment(listEnvironment(definition));
      expect(HEDDLE_DRAIN_MS).toBeGreaterThan(0);
      expect(seconds(definition.stop_grace_period) * 1000).toBeGreaterThan(
        HEDDLE_DRAIN_MS + HEDDLE_SHUTDOWN_GRACE_MS + 2_500,
      );
    }
    expect(seconds(file.services.mongo?.stop_grace_period)).toBeGreaterThan(15);
  });

  it('lets no service write but to its volumes, gain a privilege, or use more than its share', () => {
    for (const [name, definition] of Object.entries(file.services)) {
      const { read_only, cap_drop, cap_add, security_opt, mem_limit, pids_limit, user } = definition;
      expect({ name, read_only, cap_drop, security_opt }).toEqual({
        name,
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
      expect({ name, mem: mem_limit ?? '', pids: pids_limit ?? 0 }).toEqual({
        name,
        mem: expect.stringMatching(/^\d+g$/),
        pids: expect.any(Number),
      });
      expect(pids_limit).toBeGreaterThan(0);
      // It hands the folders over to the users of the others, without a network, and ends.
      if (name === 'certificates') expect([user, definition.network_mode]).toEqual(['root', 'none']);
      else expect({ name, cap_add }).toEqual({ name, cap_add: undefined });
      if (name === 'mongo' || name === 'redis') expect(user).toBe('999:999');
    }
  });

  it('waits for what each service needs, and only for services with a health check', () => {
    for (const [, definition] of ours) {
      for (const [name, { condition }] of Object.entries(definition.depends_on ?? {})) {
        if (condition === 'service_completed_successfully') expect(name).toBe('certificates');
        else expect(file.services[name]?.healthcheck?.test.length).toBeGreaterThan(1);
      }
    }
  });

  it('opens the gateways alone to hosts, on loopback', () => {
    const published = Object.entries(file.services).flatMap(([name, { ports = [] }]) =>
      ports.map((port) => ({ name, port })),
    );
    expect(published).toEqual([
      { name: 'gateway-1', port: '127.0.0.1:4000:4000' },
      { name: 'gateway-2', port: '127.0.0.1:4010:4000' },
    ]);
  });
});
