import type { Exchange } from '../../http/exchange.ts';
import type { CallHeaders } from '../call-headers.ts';

/** Headers by which Claude Code names its session and its agent, with the tag of the call for each. */
const sessionHeaders = [
  ['x-claude-code-session-id', 'claude-code-session'],
  ['x-claude-code-agent-id', 'claude-code-agent'],
] as const;
const valueForm = /^[\w.-]{1,40}$/;

/** The tags of the call with those of its Claude Code session, by which the ledger can be filtered. */
export function readSessionTags(
  { request: { headers } }: Exchange,
  given: readonly string[] = [],
): Pick<CallHeaders, 'tags'> {
  const tags = sessionHeaders.flatMap(([header, name]) => {
    const value = String(headers[header] ?? '');
    return valueForm.test(value) ? [`${name}:${value}`] : [];
  });
  return tags.length === 0 ? {} : { tags: [...new Set([...given, ...tags])] };
}
