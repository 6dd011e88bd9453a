import { vi } from 'vitest';

/** As `expect.poll`: what is awaited comes in milliseconds; a busy machine takes many times as long as vitest's second. */
const timeout = 30_000;

const { waitFor, waitUntil } = vi;
const patient = (options: number | { readonly timeout?: number; readonly interval?: number } = {}) =>
  typeof options === 'number' ? options : { timeout, ...options };
vi.waitFor = (callback, options) => waitFor(callback, patient(options));
vi.waitUntil = (callback, options) => waitUntil(callback, patient(options));
