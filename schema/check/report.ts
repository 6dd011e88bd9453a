import { formatApproval, rateSeverity, type SchemaFinding } from './findings.ts';
import type { SourceLine } from './locate.ts';

/** A finding as the check reports it. */
export interface ReportedFinding extends SchemaFinding {
  readonly severity: ReturnType<typeof rateSeverity>;
  /** Where to look; null: it stands in no file. */
  readonly source: SourceLine | null;
  /** The line for the file of approvals, without its reason; null: it cannot be approved. */
  readonly approval: string | null;
  readonly approved: boolean;
  /** True: the check fails because of it. */
  readonly fails: boolean;
}

export interface ReportOptions {
  readonly approvals: ReadonlySet<string>;
  /** What is dangerous fails as well. */
  readonly strict: boolean;
  readonly locate: (where: string) => SourceLine | undefined;
}

export function reportFindings(
  findings: readonly SchemaFinding[],
  { approvals, strict, locate }: ReportOptions,
): readonly ReportedFinding[] {
  return findings.map((finding) => {
    const severity = rateSeverity(finding);
    const approval = formatApproval(finding) ?? null;
    const approved = approval !== null && approvals.has(approval);
    const fails = !approved && (severity === 'ERROR' || (strict && severity === 'DANGEROUS'));
    return { ...finding, severity, source: locate(finding.where) ?? null, approval, approved, fails };
  });
}

/** One line for people. */
export function formatLine({ rule, where, problem, whatToDo, approved }: ReportedFinding): string {
  return `${rule}${approved ? ' (approved)' : ''}: ${where}: ${problem}.${approved ? '' : ` ${whatToDo}`}`;
}

/** A workflow command of GitHub Actions, which shows the finding beside the line of a pull request that it concerns. */
export function formatAnnotation(finding: ReportedFinding): string {
  const { rule, where, problem, whatToDo, source, fails, severity } = finding;
  const command = fails ? 'error' : severity === 'NOTE' || finding.approved ? 'notice' : 'warning';
  const properties = {
    ...(source === null ? {} : { file: source.file, line: String(source.line) }),
    title: `schema:check ${rule}: ${where}`,
  };
  const written = Object.entries(properties).map(([name, value]) => `${name}=${escapedProperty(value)}`);
  return `::${command} ${written.join(',')}::${escapedData(`${problem}. ${whatToDo}`)}`;
}

/** As the toolkit of GitHub Actions escapes what its runner parses. */
function escapedData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapedProperty(text: string): string {
  return escapedData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
