import type { Document } from 'bson';
import type { MongoClient } from 'mongodb';
import type { Operation, RunOnRequirement, TestCase, TestFile } from './format.ts';

/** What a server says of itself; whether a test is runnable is decided from this alone. */
export interface ServerFacts {
  topology: 'single' | 'replicaset' | 'sharded';
  /** As `buildInfo` says it. */
  version: string;
  maxWireVersion: number;
  /** The fail points that the runner may set. */
  failPoints: readonly string[];
  auth: boolean;
  /** Whether there is a member to read from that is not the primary. */
  secondaries: boolean;
}

const isOk = (reply: Document): boolean => reply.ok === 1;

/** Asks the server: `hello`, `buildInfo`, and for the fail points that tests use, which it switches off. */
export async function askServer(client: MongoClient): Promise<ServerFacts> {
  const admin = client.db('admin');
  const hello = await admin.command({ hello: 1 });
  const { version } = await admin.command({ buildInfo: 1 });
  const failPoints: string[] = [];
  for (const name of ['failCommand', 'onPrimaryTransactionalWrite']) {
    const set = admin.command({ configureFailPoint: name, mode: 'off' });
    if (await set.then(isOk, () => false)) failPoints.push(name);
  }
  return {
    topology: hello.msg === 'isdbgrid' ? 'sharded' : hello.setName !== undefined ? 'replicaset' : 'single',
    version: String(version),
    maxWireVersion: Number(hello.maxWireVersion),
    failPoints,
    auth: client.options.credentials !== undefined,
    secondaries: (hello.hosts?.length ?? 0) > 1,
  };
}

/** Why the test cannot be run against such a server, or `undefined` when it can. */
export function whyNotRunnable(file: TestFile, test: TestCase, facts: ServerFacts): string | undefined {
  if (test.skipReason !== undefined) return 'the file itself says to skip it';
  const refused =
    describeUnmet(file.runOnRequirements, facts) ??
    describeUnmet(test.runOnRequirements, facts) ??
    findMissingFailPoint(test, facts) ??
    (!facts.secondaries && asksForSecondary(test) ? 'needs a secondary' : undefined);
  if (refused !== undefined) return refused;
  const unobserved = (test.expectEvents ?? []).find(
    (events) => (events.eventType ?? 'command') !== 'command',
  );
  return unobserved === undefined ? undefined : `observes ${unobserved.eventType} events`;
}

function findMissingFailPoint(test: TestCase, facts: ServerFacts): string | undefined {
  const names = allOperations(test.operations).flatMap(({ name, arguments: args }) =>
    name === 'failPoint' || name === 'targetedFailPoint' ? [String(args?.failPoint.configureFailPoint)] : [],
  );
  const missing = names.find((name) => !facts.failPoints.includes(name));
  return missing === undefined ? undefined : `needs the fail point ${missing}`;
}

/** A client that reads from secondaries only connects to nothing where there is none. */
const asksForSecondary = (test: TestCase): boolean =>
  allOperations(test.operations).some(
    ({ name, arguments: args }) =>
      name === 'createEntities' &&
      args?.entities.some((entity: Document) => entity.client?.uriOptions?.readPreference === 'secondary'),
  );

function allOperations(operations: Operation[]): Operation[] {
  return operations.flatMap((operation) => [
    operation,
    ...(Array.isArray(operation.arguments?.callback) ? allOperations(operation.arguments.callback) : []),
  ]);
}

/** One satisfied requirement is enough; otherwise the shortest account of what is missing. */
function describeUnmet(requirements: RunOnRequirement[] | undefined, facts: ServerFacts): string | undefined {
  if (requirements === undefined || requirements.length === 0) return undefined;
  const unmet = requirements.map((requirement) => listUnmet(requirement, facts));
  const closest = unmet.reduce((best, parts) => (parts.length < best.length ? parts : best));
  return closest.length === 0 ? undefined : closest.join(', ');
}

function listUnmet(requirement: RunOnRequirement, facts: ServerFacts): string[] {
  const parts: string[] = [];
  const { minServerVersion, maxServerVersion, topologies, auth, serverless, csfle } = requirement;
  if (topologies !== undefined && !topologies.some((topology) => isTopology(topology, facts.topology))) {
    parts.push(`needs topology ${[...topologies].sort().join(' or ')}`);
  }
  if (minServerVersion !== undefined && compareVersions(facts.version, minServerVersion) < 0) {
    parts.push(`needs server ${minServerVersion.replace(/\.0$/, '')} or newer`);
  }
  if (maxServerVersion !== undefined && compareVersions(facts.version, maxServerVersion) > 0) {
    parts.push(`only for servers up to ${maxServerVersion}`);
  }
  if (auth !== undefined && auth !== facts.auth)
    parts.push(auth ? 'needs authentication' : 'no authentication');
  if (serverless === 'require') parts.push('needs a serverless instance');
  if (csfle !== undefined && csfle !== false) parts.push('needs client-side encryption');
  if (requirement.serverParameters !== undefined) parts.push('needs server parameters');
  if (requirement.authMechanism !== undefined) parts.push('needs an authentication mechanism');
  return parts;
}

const isTopology = (wanted: string, topology: ServerFacts['topology']): boolean =>
  wanted === topology || (wanted === 'sharded-replicaset' && topology === 'sharded');

/** Compares dotted versions number by number; missing numbers are 0. */
export function compareVersions(a: string, b: string): number {
  const left = a.split(/[.-]/).map(Number);
  const right = b.split(/[.-]/).map(Number);
  for (let i = 0; i < 3; i++) {
    const difference = (left[i] || 0) - (right[i] || 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
