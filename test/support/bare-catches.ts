const reason = '// Any error: ';

/** The lines of a source file at which an error is dropped without a comment `// Any error: …` beside it. */
export function findBareCatches(source: string): readonly number[] {
  const lines = source.split('\n');
  return [...source.matchAll(/\bcatch\b(?: \((\w+)\))? (?=\{)|\.(catch|then)(?=\()/g)].flatMap((match) => {
    const [text, variable, method] = match;
    const opensAt = match.index + text.length;
    const handlers = splitBrackets(source, opensAt);
    const handler = method === undefined ? handlers.join() : handlers[method === 'catch' ? 0 : 1];
    const isDropped =
      method === undefined
        ? variable === undefined || !isUsedIn(variable, handler ?? '')
        : handler !== undefined && isDropping(handler);
    if (!isDropped) return [];
    const line = source.slice(0, match.index).split('\n').length;
    // A comment on the line above, or as the first line of a clause's block.
    const beside = method === undefined ? [lines[line]] : [lines[line - 2], lines[line - 1]];
    return beside.some((one) => one?.includes(reason)) ? [] : [line];
  });
}

/** What the bracket at the index holds, split at the commas that are in no bracket within it. */
function splitBrackets(source: string, opensAt: number): readonly string[] {
  const parts = [''];
  let depth = 0;
  for (const char of source.slice(opensAt)) {
    if (')]}'.includes(char)) depth -= 1;
    if (depth === 0 && char !== source[opensAt]) break;
    if (depth === 1 && char === ',') parts.push('');
    else if (depth > 0) parts[parts.length - 1] += char;
    if ('([{'.includes(char)) depth += 1;
  }
  return parts;
}

/** Is this handler a function that does not look at its error? */
function isDropping(handler: string): boolean {
  const text = handler.trim();
  if (/^(?:noop|ignore\w*)$/.test(text)) return true;
  const [, name, body = ''] = /^(?:async )?\(?(\w*)(?:: [^)]*)?\)? => ?(.*)$/s.exec(text) ?? [];
  return name !== undefined && (name === '' || !isUsedIn(name, body));
}

const isUsedIn = (name: string, body: string): boolean =>
  new RegExp(`\\b${name}\\b`).test(withoutComments(body));

const withoutComments = (body: string): string => body.replaceAll(/\/\/.*/g, '');
