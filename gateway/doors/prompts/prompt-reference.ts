import type { Exchange } from '../../http/exchange.ts';
import { BadRequest } from '../../http/problem.ts';
import type { RunPromptInput } from '../operations.generated.ts';

/** A prompt, and which of its versions is run; the default version unless one is named. */
type PromptReference = Pick<RunPromptInput, 'name' | 'version' | 'label'>;

/** The request header that names a version; the answer has the number of the one that was run. */
export const versionHeader = 'x-heddle-prompt-version';

const numberForm = /^\d{1,9}$/;
const labelForm = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

function readVersion(text: string, where: string): Pick<PromptReference, 'version' | 'label'> {
  if (numberForm.test(text)) return { version: Number(text) };
  if (labelForm.test(text)) return { label: text };
  throw new BadRequest(
    400,
    `${where} must be the number or the label of a version, such as 3 or production.`,
  );
}

/**
 * The prompt that a request names: `{name}`, or `{name}@{number or label}`, or the name with the version in a header. Throws
 * BadRequest for a version of another form, and for two that differ.
 */
export function readPromptReference({ params, pattern, request }: Exchange): PromptReference {
  // A path without names in it is that of a page: the prompt of this name is run by POST there.
  const named = params.name ?? pattern.slice(pattern.lastIndexOf('/') + 1);
  const at = named.indexOf('@');
  const inPath = at === -1 ? undefined : named.slice(at + 1);
  const name = at === -1 ? named : named.slice(0, at);
  const header = request.headers[versionHeader];
  const inHeader = header === undefined ? undefined : String(header);
  if (inPath !== undefined && inHeader !== undefined && inPath !== inHeader) {
    throw new BadRequest(
      400,
      `The path and the header ${versionHeader} name different versions: send one of them.`,
    );
  }
  if (inPath !== undefined) return { name, ...readVersion(inPath, 'What follows @ in the path') };
  if (inHeader !== undefined) return { name, ...readVersion(inHeader, `The header ${versionHeader}`) };
  return { name };
}
