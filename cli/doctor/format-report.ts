import { areas, type DoctorFinding, type DoctorFindingStatus } from './finding.ts';

const marks: Readonly<Record<DoctorFindingStatus, string>> = {
  OK: 'ok     ',
  WARNING: 'WARNING',
  FAILED: 'FAILED ',
  SKIPPED: 'skipped',
};

/** Control characters of what other programs answered must not reach a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
const printable = (text: string): string => text.replace(control, ' ');

/** The findings for people: by area, each with what to do, and a sentence at the end. */
export function formatReport(findings: readonly DoctorFinding[]): string {
  const lines = areas.flatMap((area) => {
    const found = findings.filter((finding) => finding.area === area);
    if (found.length === 0) return [];
    return [
      area,
      ...found.flatMap(({ status, message, whatToDo }) => [
        `  ${marks[status]}  ${printable(message)}`,
        ...(whatToDo === undefined ? [] : [`           ${printable(whatToDo)}`]),
      ]),
      '',
    ];
  });
  const count = (status: DoctorFindingStatus) =>
    findings.filter((finding) => finding.status === status).length;
  return [
    ...lines,
    `${count('FAILED')} failed, ${count('WARNING')} warnings, ${count('OK')} ok, ${count('SKIPPED')} skipped`,
  ].join('\n');
}
