import { createHash } from 'node:crypto';

/**
 * What a finding means for whoever ships the schema.
 * - ERROR: the schema must not be shipped, or only with an approval where `approvable` states it.
 * - DANGEROUS: some client may notice; it fails the check with --strict alone.
 * - NOTE: shown for the review.
 */
export type Severity = 'ERROR' | 'DANGEROUS' | 'NOTE';

/** Each rule of the schema check with its severity, and whether an ERROR may be approved. */
export const rules = {
  /** The committed supergraph is not what the subgraphs compose to. */
  stale: { severity: 'ERROR', approvable: false },
  /** Operations of today would be refused, or answered otherwise. */
  breaking: { severity: 'ERROR', approvable: true },
  /** Policy admits, shows or spends what it did not before. */
  loosened: { severity: 'ERROR', approvable: true },
  /** A mutation or subscription that every caller could use. */
  auth: { severity: 'ERROR', approvable: false },
  /** A directive with a wrong value, so that it would not be enforced as it reads. */
  directive: { severity: 'ERROR', approvable: false },
  /** The query planner cannot read the graph, or cannot plan a field of it. */
  plan: { severity: 'ERROR', approvable: false },
  /** An element without a description. */
  description: { severity: 'ERROR', approvable: false },
  /** Some client may notice. */
  dangerous: { severity: 'DANGEROUS', approvable: false },
  /** A change of policy that takes nothing from any caller. */
  policy: { severity: 'NOTE', approvable: false },
} as const satisfies Record<string, { readonly severity: Severity; readonly approvable: boolean }>;

export type SchemaRule = keyof typeof rules;

/** One finding of the schema check. */
export interface SchemaFinding {
  readonly rule: SchemaRule;
  /** The coordinate, e.g. `Query.models`; the file for a stale supergraph. */
  readonly where: string;
  readonly problem: string;
  readonly whatToDo: string;
}

export function rateSeverity({ rule }: Pick<SchemaFinding, 'rule'>): Severity {
  return rules[rule].severity;
}

/** The line that approves this very change, without its reason; undefined: it cannot be approved. */
export function formatApproval({ rule, where, problem }: SchemaFinding): string | undefined {
  if (!rules[rule].approvable) return undefined;
  const digest = createHash('sha256').update(`${rule}\n${where}\n${problem}`).digest('hex').slice(0, 12);
  return `${rule} ${where} ${digest}`;
}

/** The approvals in a text: one on each line, `<rule> <coordinate> <digest> <reason>`; lines that begin with # are comments. */
export function parseApprovals(text: string): ReadonlySet<string> {
  const lines = text.split('\n').map((line) => line.trim());
  return new Set(
    lines
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.split(/\s+/).slice(0, 3).join(' ')),
  );
}
