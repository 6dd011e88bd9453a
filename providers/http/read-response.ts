import { HttpResponse } from './http-response.ts';

/** What our own decoders read a response through. */
export interface ResponseReader {
  /** The next bytes, null at the end. */
  read(): Promise<Uint8Array | null>;
  /** Closes the connection unless the body has been read to its end. */
  cancel(reason: Error): void;
  /** The answer is complete though the connection is not: lets it end by itself, so that it can be used again. */
  release(): void;
}

/** Reads our fetch's responses without a web stream between, and any other fetch's through its body. */
export function readResponse(response: Response): ResponseReader {
  if (response instanceof HttpResponse) return response;
  const reader = response.body?.getReader();
  const cancel = (reason?: Error) => {
    // Any error: the answer is dropped, whatever its connection states.
    reader?.cancel(reason).catch(() => undefined);
  };
  return {
    async read() {
      const result = await reader?.read();
      return result === undefined || result.done ? null : result.value;
    },
    cancel,
    release: cancel,
  };
}
