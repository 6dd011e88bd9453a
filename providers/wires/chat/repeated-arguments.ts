/** Whether an object can begin after this beginning of JSON; undefined within a text, where anything can follow. */
function admitsObject(json: string): boolean | undefined {
  const open: string[] = [];
  let inText = false;
  let last = '';
  for (let at = 0; at < json.length; at++) {
    const char = json.charAt(at);
    if (inText && char === '\\') at += 1;
    else if (char === '"') inText = !inText;
    else if (!inText && (char === '{' || char === '[')) open.push(char);
    else if (!inText && (char === '}' || char === ']')) open.pop();
    if (!inText && char.trim() !== '') last = char;
  }
  if (inText) return undefined;
  return last === ':' || last === '[' || (last === ',' && open.at(-1) === '[');
}

export type Repetition = 'none' | 'possible' | 'certain';

/**
 * Whether a delta repeats all arguments so far before it continues them. It is certain where both in a row begin no
 * JSON: a nested object may begin like the one that it is in.
 */
export function findRepetition(before: string, delta: string): Repetition {
  if (!/^\s*\{/.test(before) || !delta.startsWith(before)) return 'none';
  const admitted = admitsObject(before);
  if (admitted !== undefined) return admitted ? 'possible' : 'certain';
  // Its first quote would end the text that it is in.
  return /^\s*\{\s*(?:$|"\s*(?:$|[,:}\]]))/.test(delta) ? 'none' : 'certain';
}
