/** The server's own limits, announced by hello and enforced here. */
export const MESSAGE_BYTES_MAX = 48_000_000;
export const DOCUMENT_BYTES_MAX = 16 * 1024 * 1024;
export const WRITE_BATCH_MAX = 100_000;
export const HEADER_BYTES = 16;

export const OP = { reply: 1, query: 2004, compressed: 2012, msg: 2013 } as const;
