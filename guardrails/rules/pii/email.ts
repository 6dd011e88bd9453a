import { type FoundPii, isWordUnit } from './finder.ts';

const localMax = 64;
/** Beside letters and digits. */
const localSigns: ReadonlySet<number> = new Set([..."._%+'-"].map((sign) => sign.charCodeAt(0)));
/** Latin, Greek and Cyrillic letters: languages of these scripts write a space before an address. */
const domain =
  /(?:[A-Za-z0-9À-ɏͰ-ԯ](?:[A-Za-z0-9À-ɏͰ-ԯ-]{0,61}[A-Za-z0-9À-ɏͰ-ԯ])?\.){1,8}(?:[A-Za-z]{2,24}(?![A-Za-z0-9])|[Ͱ-ԯ]{2,24}(?![Ͱ-ԯ]))/y;
/** What ends the name of a file (`logo@2x.png`) and is no top-level domain. */
const fileEnding =
  /\.(?:png|jpe?g|gif|svg|webp|avif|ico|css|scss|less|[cm]?[jt]sx?|json|html?|xml|ya?ml|txt|pdf|log|local|lock|tgz)$/i;

/** Domains that a file is named after (`ann@example.com.pdf`), which no version of a package is. */
const namedDomain = /\.(?:com|org|net|edu|gov|info|io)$/i;

/** As a name has it: what stands between two values of JSON begins with a comma or a colon. */
const quotedName = /^[\p{L}\d](?:[^\r\n]*[\p{L}\d.\\])?$/u;

/** Addresses of mail. Not: a user of an address (`ssh://git@host`), of Git over SSH, and names of files. */
export function findEmails(text: string): readonly FoundPii[] {
  const found: FoundPii[] = [];
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    domain.lastIndex = at + 1;
    const host = readDomain(domain.exec(text)?.[0] ?? '');
    if (host === '') continue;
    const name = text[at - 1] === '"' ? readQuotedName(text, at) : readName(text, at);
    const start = at - name.length;
    const end = at + 1 + host.length;
    const isMail =
      name !== '' && !name.endsWith('.') && !isUserOfAddress(text, start) && !isGit(text, name, end);
    if (isMail) found.push({ kind: 'EMAIL', start, end });
  }
  return found;
}

/** The domain without the ending of a file; empty: it is the name of one. */
function readDomain(host: string): string {
  if (!fileEnding.test(host)) return host;
  const named = host.replace(fileEnding, '');
  return namedDomain.test(named) ? named : '';
}

/** What stands before the sign at `at`. Of a text that has the escapes of JSON, what stands after `\\n`. */
function readName(text: string, at: number): string {
  let start = at;
  while (at - start < localMax && isLocal(text.charCodeAt(start - 1))) start -= 1;
  const isEscape = text[start - 1] === '\\' && /[nrt]/.test(text[start] ?? '');
  return text.slice(isEscape ? start + 1 : start, at).replace(/^[.'%+-]+/, '');
}

/**
 * The quoted name before the sign of an address of mail at `at`, such as `"ann lee"` (RFC 5321, section 4.1.2: Quoted-string); empty where none stands there. In it
 * quotes are escaped by a backslash, and so are those around it where the text is a string of code.
 */
function readQuotedName(text: string, at: number): string {
  const before = text.slice(Math.max(0, at - localMax - 2), at);
  const last = before.length - 1;
  const isEscaped = before[last - 1] === '\\';
  let first = before.lastIndexOf('"', last - 1);
  while (!isEscaped && before[first - 1] === '\\') first = before.lastIndexOf('"', first - 1);
  return first >= 0 && quotedName.test(before.slice(first + 1, last)) ? before.slice(first) : '';
}

function isLocal(unit: number): boolean {
  return isWordUnit(unit) || localSigns.has(unit) || (unit >= 0x370 && unit <= 0x52f);
}

function isUserOfAddress(text: string, start: number): boolean {
  return /\/\/(?:[^\s/@:]{0,64}:)?$/.test(text.slice(Math.max(0, start - 70), start));
}

function isGit(text: string, name: string, end: number): boolean {
  return /^(?:git|hg|svn)$/.test(name) && (text[end] === ':' || text[end] === '/');
}
