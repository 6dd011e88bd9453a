import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Document, EJSON } from 'bson';

/** One condition of `runOnRequirements`; every field given must hold. */
export interface RunOnRequirement {
  minServerVersion?: string;
  maxServerVersion?: string;
  topologies?: string[];
  auth?: boolean;
  authMechanism?: string;
  serverless?: 'require' | 'forbid' | 'allow';
  csfle?: boolean | Document;
  serverParameters?: Document;
}

/** An operation as the format writes it: `object` names the entity that it is called on. */
export interface Operation {
  name: string;
  object: string;
  arguments?: Document;
  expectError?: ExpectedError;
  expectResult?: unknown;
  saveResultAsEntity?: string;
  ignoreResultAndError?: boolean;
}

export interface ExpectedError {
  isError?: true;
  isClientError?: boolean;
  isTimeoutError?: boolean;
  errorContains?: string;
  errorCode?: number;
  errorCodeName?: string;
  errorLabelsContain?: string[];
  errorLabelsOmit?: string[];
  errorResponse?: Document;
  expectResult?: unknown;
  writeErrors?: Document;
  writeConcernErrors?: Document[];
}

export interface ExpectedEvents {
  client: string;
  eventType?: string;
  ignoreExtraEvents?: boolean;
  events: Document[];
}

export interface CollectionData {
  collectionName: string;
  databaseName: string;
  createOptions?: Document;
  documents: Document[];
}

export interface TestCase {
  description: string;
  runOnRequirements?: RunOnRequirement[];
  skipReason?: string;
  operations: Operation[];
  expectEvents?: ExpectedEvents[];
  outcome?: CollectionData[];
}

export interface TestFile {
  /** File name without `.json`. */
  name: string;
  description: string;
  schemaVersion: string;
  runOnRequirements?: RunOnRequirement[];
  createEntities?: Document[];
  initialData?: CollectionData[];
  tests: TestCase[];
}

/**
 * The unified test files of one suite folder, by name. Numbers come as JavaScript numbers (relaxed extended
 * JSON), since the format compares numbers without regard to their BSON type.
 */
export function readSuite(folder: string): TestFile[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => readTestFile(join(folder, file)));
}

function readTestFile(path: string): TestFile {
  const content: TestFile = EJSON.parse(readFileSync(path, 'utf8'), { relaxed: true });
  return { ...content, name: basename(path, '.json') };
}
