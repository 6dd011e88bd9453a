import type { Exchange } from '../../http/exchange.ts';
import type { CallHeaders } from '../call-headers.ts';

const sessionHeader = 'x-claude-code-session-id';
/** Headers by which Claude Code names its session and its agent, with the tag of the call for each. */
const tagHeaders = [
  [sessionHeader, 'claude-code-session'],
  ['x-claude-code-agent-id', 'claude-code-agent'],
] as const;
const valueForm = /^[\w.-]{1,40}$/;

/** The tags of the call with those of its Claude Code session, by which the ledger can be filtered; the session is its conversation unless a header names another one. */
export function readSession(
  { request: { headers } }: Exchange,
  { tags: given = [], conversationId }: CallHeaders,
): Pick<CallHeaders, 'tags' | 'conversationId'> {
  const find = (header: string) => {
    const value = String(headers[header] ?? '');
    return valueForm.test(value) ? value : undefined;
  };
  const tags = tagHeaders.flatMap(([header, name]) => {
    const value = find(header);
    return value === undefined ? [] : [`${name}:${value}`];
  });
  const sessionId = conversationId ?? find(sessionHeader);
  return {
    ...(tags.length === 0 ? {} : { tags: [...new Set([...given, ...tags])] }),
    ...(sessionId === undefined ? {} : { conversationId: sessionId }),
  };
}
