import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { DoctorFinding } from '../finding.ts';
import { createFindings } from '../finding.ts';

const { ok, failed } = createFindings('versions');
const nodeMajorMin = 24;

/** The versions of this installation. */
interface Versions {
  readonly heddle: string;
  readonly node: string;
  readonly platform: string;
  /** SHA-256 of the supergraph, which changes with the schema. */
  readonly schemaSha256: string;
}

/** Reads the versions of Heddle, of Node, and of the schema. */
export async function readVersions(): Promise<Versions> {
  const [manifest, supergraph] = await Promise.all([
    readFile(new URL('../../../package.json', import.meta.url), 'utf8'),
    readFile(new URL('../../../schema/supergraph.graphql', import.meta.url), 'utf8'),
  ]);
  return {
    heddle: (JSON.parse(manifest) as { readonly version: string }).version,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    schemaSha256: hash('sha256', supergraph, 'hex'),
  };
}

/** Whether Node is new enough; names the versions. */
export async function checkVersions(): Promise<readonly DoctorFinding[]> {
  const { heddle, node, platform, schemaSha256 } = await readVersions();
  const about = `Heddle ${heddle}, schema ${schemaSha256.slice(0, 12)}, Node ${node}, ${platform}`;
  return Number.parseInt(node, 10) >= nodeMajorMin
    ? [ok(about)]
    : [failed(about, `Run Heddle on Node ${nodeMajorMin} or newer: "npx heddle" finds the one of npm.`)];
}
