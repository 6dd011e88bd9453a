import { open } from 'node:fs/promises';
import type { Connection } from 'mongoose';
import { z } from 'zod';
import { tenantRules } from '#mongo/erasure-rules.ts';
import { invocations } from '#mongo/invocations.ts';
import { providerVariables } from '#providers/registry/environment.ts';
import { checkVariables, type Environment, type VariableName, variables } from '#server/config.ts';
import type { Part } from '#server/mesh.ts';
import { createRedact } from '#server/secrets/redact.ts';
import { readVersions } from '../doctor/checks/versions.ts';
import type { Diagnosis } from '../doctor/diagnosis.ts';
import { describeError, toExitCode } from '../doctor/finding.ts';
import { prepareDiagnosis, runDoctor } from '../doctor/run-doctor.ts';

/** What goes into a bundle. */
export interface BundleOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly parts: readonly Part[];
  readonly isOnline: boolean;
  /** A file with the log of the process; undefined: no log. */
  readonly logFile: string | undefined;
  readonly now?: () => number;
}

const dayMs = 86_400_000;
/** Failures of the last day that are counted. */
const failuresMax = 100_000;
const metricsMsMax = 5_000;
const metricsCharactersMax = 4 * 1024 * 1024;
/** What is read of the end of a log, and how much of it is kept. */
const logBytesMax = 1024 * 1024;
const logLinesMax = 500;

/**
 * What whoever helps needs to know of a mesh, as plain JSON without secrets, without what clients wrote, and without names that
 * tenants chose: the report of the doctor, the names of the variables that are set (values of numbers and choices alone), versions, counts
 * of records, codes of failures, metrics, and the fields of log lines that Heddle itself writes.
 */
export async function makeBundle(options: BundleOptions): Promise<object> {
  const { env, parts, isOnline, logFile, now = Date.now } = options;
  await using opened = new AsyncDisposableStack();
  const { diagnosis } = prepareDiagnosis(options, opened);
  const [versions, findings] = await Promise.all([
    readVersions(),
    runDoctor({ env, parts, isOnline, ...(options.now === undefined ? {} : { now }) }),
  ]);
  const redact = createRedact(diagnosis.env);
  // What a wrong variable is set to may be a secret that was put into the wrong one.
  const wrongValues = checkVariables(env).wrong.map(({ name }) => `${name}=${env[name]}`);
  const hideValues = (text: string) =>
    wrongValues.reduce(
      (hidden, value) => hidden.replaceAll(value, `${value.slice(0, value.indexOf('='))}=…`),
      text,
    );
  return {
    format: 1,
    createdAt: new Date(now()).toISOString(),
    versions,
    configuration: listVariables(diagnosis.env, diagnosis.environment),
    doctor: {
      exitCode: toExitCode(findings),
      findings: findings.map((finding) => ({ ...finding, message: hideValues(finding.message) })),
    },
    store: await tryTo(redact, () => describeStore(diagnosis, now())),
    metrics: await tryTo(redact, () => readMetrics(diagnosis.environment)),
    log: logFile === undefined ? null : await tryTo(redact, () => readLog(logFile, redact)),
  };
}

/** The result, or why there is none. */
async function tryTo(redact: (text: string) => string, read: () => Promise<unknown>): Promise<unknown> {
  try {
    return await read();
  } catch (error) {
    // Any error: a bundle is made of what can be read, while something is wrong.
    return { error: redact(describeError(error)) };
  }
}

/** Numbers and one of a few words are shown: they can be no secret. */
function isShown(name: VariableName, environment: Environment): boolean {
  const { schema } = variables[name];
  const inner = 'unwrap' in schema && typeof schema.unwrap === 'function' ? schema.unwrap() : schema;
  return inner instanceof z.ZodEnum || typeof environment[name] === 'number';
}

/** The variables that are set: the values of choices and numbers, of everything else that it is set. */
function listVariables(
  env: Diagnosis['env'],
  environment: Environment,
): Readonly<Record<string, string | number | boolean>> {
  const isSet = (name: string) => (env[name] ?? '') !== '';
  const own = (Object.keys(variables) as VariableName[]).filter(isSet).map((name) => {
    const value = environment[name];
    return [name, isShown(name, environment) && value !== undefined ? value : true] as const;
  });
  const ofProviders = providerVariables.filter(isSet).map((name) => [name, true] as const);
  return Object.fromEntries([...own, ...ofProviders]);
}

async function describeStore(diagnosis: Diagnosis, nowMs: number): Promise<object | null> {
  const database = await diagnosis.openStore();
  if (database === undefined) return null;
  const { connection } = database;
  const names = Object.keys(tenantRules);
  const counts = await Promise.all(names.map((name) => connection.collection(name).estimatedDocumentCount()));
  return {
    records: Object.fromEntries(names.map((name, at) => [name, counts[at] ?? 0])),
    failuresOfTheLastDay: await countFailures(connection, new Date(nowMs - dayMs)),
  };
}

/** The failed calls since then, by the code of their failure. */
async function countFailures(connection: Connection, since: Date): Promise<Readonly<Record<string, number>>> {
  const counted = await invocations(connection).aggregate<{
    readonly _id: string | null;
    readonly count: number;
  }>([
    { $match: { startedAt: { $gte: since }, status: 'FAILED' } },
    { $limit: failuresMax },
    { $group: { _id: '$errorCode', count: { $sum: 1 } } },
  ]);
  return Object.fromEntries(counted.map(({ _id, count }) => [_id ?? 'UNKNOWN', Number(count)]));
}

/** The metrics of the process on this machine; null: they are turned off, or no process serves them. Values of its labels are left out. */
async function readMetrics(environment: Environment): Promise<readonly string[] | null> {
  const { HEDDLE_METRICS, HEDDLE_METRICS_PORT, HEDDLE_METRICS_TOKEN: token, PORT } = environment;
  const port = HEDDLE_METRICS_PORT ?? PORT;
  if (HEDDLE_METRICS === 'off' || port === 0) return null;
  const isSecure =
    HEDDLE_METRICS_PORT === undefined
      ? environment.HEDDLE_PUBLIC_TLS_CERT !== undefined
      : environment.HEDDLE_TLS_CERT !== undefined;
  const response = await fetch(`${isSecure ? 'https' : 'http'}://127.0.0.1:${port}/metrics`, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    redirect: 'error',
    signal: AbortSignal.timeout(metricsMsMax),
  });
  if (!response.ok) return null;
  const text = (await response.text()).slice(0, metricsCharactersMax);
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(withoutChosenNames);
}

/** Labels whose values clients, tenants or admins choose. */
const chosenLabel =
  /\b((?:tenant|app|team|key|model|provider|route|operation|prompt|gen_ai\w*|server_address|client)\w*)="(?:[^"\\]|\\.)*"/g;
const withoutChosenNames = (line: string): string => line.replace(chosenLabel, '$1="…"');

/** Fields of a log line that hold no name of a client, a tenant or a host. */
const logFields = [
  'level',
  'time',
  'event',
  'code',
  'status',
  'reason',
  'cause',
  'msg',
  'durationMs',
  'attempt',
] as const;
const errorFields = ['type', 'code', 'stack'] as const;

async function readLog(path: string, redact: (text: string) => string): Promise<readonly object[]> {
  await using handle = await open(path, 'r');
  const { size } = await handle.stat();
  const start = Math.max(0, size - logBytesMax);
  const { buffer, bytesRead } = await handle.read(
    Buffer.alloc(Math.min(size, logBytesMax)),
    0,
    undefined,
    start,
  );
  const lines = buffer.subarray(0, bytesRead).toString('utf8').split('\n');
  return lines.flatMap((line) => toKeptLine(line, redact)).slice(-logLinesMax);
}

/** The known fields of a line of Heddle; nothing for any other line. */
function toKeptLine(line: string, redact: (text: string) => string): readonly object[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(redact(line));
  } catch {
    // Any error: the line is cut, or of another program.
    return [];
  }
  if (typeof parsed !== 'object' || parsed === null || !('level' in parsed)) return [];
  const { err } = parsed as { readonly err?: unknown };
  const kept = pick(parsed, logFields);
  return [typeof err === 'object' && err !== null ? { ...kept, err: pick(err, errorFields) } : kept];
}

function pick(from: object, names: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = (from as Readonly<Record<string, unknown>>)[name];
      return typeof value === 'string' || typeof value === 'number' ? [[name, value] as const] : [];
    }),
  );
}
