import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { checkedEndUserId } from '#core/text/label.ts';
import { StartError } from '#server/config.ts';
import { type ErasureReport, readReport } from '#server/erasure/erasure-reports.ts';
import type { EndUserSubject } from '#subgraphs/tenants/erasure/repeat-erasure.ts';

/** What is to be erased again. */
export interface ListedErasures {
  readonly reports: readonly ErasureReport[];
  readonly requests: readonly EndUserSubject[];
}

/** Lines of all files: each report of an end user is compared with each request of its tenant. */
const linesMax = 10_000;

/**
 * Reads reports, as `heddle erasures list` prints them, and the requests of erasures of end users, one of either a line. Throws StartError where a
 * line is neither, or a report is not as its proof states; the message repeats nothing of it.
 */
export async function readErasures(files: readonly string[]): Promise<ListedErasures> {
  const reports: ErasureReport[] = [];
  const requests: EndUserSubject[] = [];
  for (const file of files) {
    let lineNumber = 0;
    for await (const line of readLines(file)) {
      lineNumber += 1;
      if (line.trim() === '') continue;
      if (reports.length + requests.length >= linesMax) {
        throw new StartError(
          `${file}: more than ${linesMax} lines in all; split them, and repeat the command`,
        );
      }
      const parsed = parseJson(line);
      const report = readReport(parsed);
      const request = report === undefined ? readRequest(parsed) : undefined;
      if (report !== undefined) reports.push(report);
      else if (request !== undefined) requests.push(request);
      else {
        throw new StartError(
          `${file}, line ${lineNumber}: is neither a report of "heddle erasures list" that its proof fits, nor a request as {"tenantId":"…","endUserId":"…"}`,
        );
      }
    }
  }
  return { reports, requests };
}

async function* readLines(file: string): AsyncGenerator<string> {
  try {
    yield* createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new StartError(`${file}: cannot be read: ${code}`, { cause });
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // Any error: the parser's message would quote the line.
    return undefined;
  }
}

function readRequest(parsed: unknown): EndUserSubject | undefined {
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { tenantId, endUserId, ...others } = parsed as Record<string, unknown>;
  if (typeof tenantId !== 'string' || tenantId === '' || typeof endUserId !== 'string') return undefined;
  if (Object.keys(others).length > 0) return undefined;
  try {
    return { tenantId, endUserId: checkedEndUserId(endUserId, 'endUserId') };
  } catch {
    // Any error: it is no ID of an end user.
    return undefined;
  }
}
