import { parseArgs } from 'node:util';
import { parseParts } from '#server/mesh.ts';
import { toExitCode } from '../doctor/finding.ts';
import { formatReport } from '../doctor/format-report.ts';
import { runDoctor } from '../doctor/run-doctor.ts';

/**
 * `heddle doctor [--only <parts>] [--offline] [--json]`: looks at the configuration, the stores, clocks, certificates, providers,
 * versions, disk and ports, while a mesh runs or not. Resolves to the exit code: 0 all is well, 1 warnings, 2 something failed.
 */
export async function doctor(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      offline: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  });
  const parts = parseParts(values.only);
  const findings = await runDoctor({ env: process.env, parts, isOnline: !values.offline });
  const exitCode = toExitCode(findings);
  console.log(values.json ? JSON.stringify({ exitCode, findings }, null, 2) : formatReport(findings));
  return exitCode;
}
