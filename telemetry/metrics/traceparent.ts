/** The header of https://www.w3.org/TR/trace-context/: any version but ff, which may have more behind its flags. */
const pattern = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/;
const noTrace = '0'.repeat(32);

/** The trace of a `traceparent`, 32 hex digits; undefined for what is none. */
export function readTraceId(traceparent: string): string | undefined {
  const traceId = pattern.exec(traceparent)?.[1];
  return traceId === noTrace ? undefined : traceId;
}
