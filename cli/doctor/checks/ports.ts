import { get as getPlain } from 'node:http';
import { get as getSecure } from 'node:https';
import { connect } from 'node:net';
import type { Diagnosis } from '../diagnosis.ts';
import { createFindings, type DoctorFinding } from '../finding.ts';

const { ok, warning, failed, skipped } = createFindings('ports');

const connectMsMax = 2_000;
const healthMsMax = 5_000;
const healthBytesMax = 64 * 1024;

/** A port that a start listens on. */
interface Listening {
  readonly variable: string;
  readonly port: number;
  readonly isSecure: boolean;
  /** The port has `/health/ready`. */
  readonly hasHealth: boolean;
}

/** Whether each port is free, or used by a mesh that would serve a call. Connects, and listens nowhere. */
export async function checkPorts({ environment, parts }: Diagnosis): Promise<readonly DoctorFinding[]> {
  const host = /^(0\.0\.0\.0|::|\[::\])$/.test(environment.HOST) ? '127.0.0.1' : environment.HOST;
  const found = await Promise.all(
    listPorts(environment, parts).map(async (listening) => {
      const { variable, port } = listening;
      if (port === 0) return skipped(`${variable} is 0: a start picks a free port`);
      if (!(await isUsed(host, port))) return ok(`${variable} ${port} is free`);
      return listening.hasHealth ? checkHealth(host, listening) : ok(`${variable} ${port} is in use`);
    }),
  );
  return found;
}

function listPorts(environment: Diagnosis['environment'], parts: Diagnosis['parts']): readonly Listening[] {
  const isGateway = parts.includes('gateway');
  const standing = isGateway ? [] : parts.filter((part) => part !== 'gateway');
  const metrics = environment.HEDDLE_METRICS_PORT;
  return [
    ...(isGateway
      ? [
          {
            ...{ variable: 'PORT', port: environment.PORT, hasHealth: true },
            isSecure: environment.HEDDLE_PUBLIC_TLS_CERT !== undefined,
          },
        ]
      : []),
    ...standing.map((name) => {
      const variable = `HEDDLE_${name.toUpperCase() as Uppercase<typeof name>}_PORT` as const;
      const isSecure = environment.HEDDLE_TLS_CERT !== undefined;
      return { variable, port: environment[variable], isSecure, hasHealth: true };
    }),
    ...(metrics === undefined
      ? []
      : [{ variable: 'HEDDLE_METRICS_PORT', port: metrics, isSecure: false, hasHealth: false }]),
  ];
}

function isUsed(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: connectMsMax });
    const end = (used: boolean) => {
      socket.destroy();
      resolve(used);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}

/** The answer of `/health/ready`. */
interface Health {
  readonly status: number;
  readonly body: { readonly status?: unknown; readonly problems?: unknown };
}

async function checkHealth(host: string, { variable, port, isSecure }: Listening): Promise<DoctorFinding> {
  const health = await readHealth(host, port, isSecure);
  if (health === undefined || typeof health.body.status !== 'string') {
    return failed(
      `${variable} ${port} is in use by another program`,
      `Stop that program, or set ${variable} to a free port.`,
    );
  }
  const problems = Array.isArray(health.body.problems) ? health.body.problems.map(String) : [];
  return health.status === 200
    ? ok(`a process serves on ${variable} ${port}, and is ready`)
    : warning(
        `a process on ${variable} ${port} is not ready: ${problems.join('; ').slice(0, 500)}`,
        'Look at the findings about what it names, and at its log.',
      );
}

/** Undefined: what listens there does not answer as a mesh does. Its certificate is looked at elsewhere. */
function readHealth(host: string, port: number, isSecure: boolean): Promise<Health | undefined> {
  return new Promise((resolve) => {
    const get = isSecure ? getSecure : getPlain;
    const signal = AbortSignal.timeout(healthMsMax);
    const options = { host, port, path: '/health/ready', signal, rejectUnauthorized: false };
    const request = get(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
        if (text.length > healthBytesMax) response.destroy();
      });
      response.on('error', () => resolve(undefined));
      response.on('close', () => resolve(toHealth(response.statusCode ?? 0, text)));
    });
    request.on('error', () => resolve(undefined));
  });
}

function toHealth(status: number, text: string): Health | undefined {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null ? { status, body } : undefined;
  } catch {
    // Any error: another program answers with something else.
    return undefined;
  }
}
