import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { TlsMaterial } from '#transport/mesh-tls.ts';
import { StartError } from '../config.ts';

/** Files of PEM texts; without `ca`, the authorities of the system are trusted. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string | undefined;
}

const everyMs = 10_000;

/** What files hold, as of the last time that all of it could be used. */
export interface Watched<T> extends Disposable {
  current(): T;
  /** Calls the listener after each change. The returned function stops that. */
  onChange(listener: (next: T) => void): () => void;
  /** Looks at the files at once. */
  reload(): void;
}

export interface WatchOptions {
  /** The variables that name the files. */
  readonly names: string;
  readonly log: Logger;
}

function readFirst<T>(read: () => T, names: string): T {
  try {
    return read();
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new StartError(`${names}: the certificate cannot be used: ${why}`, { cause: error });
  }
}

/**
 * Reads at start what files hold, and every ten seconds again, or when `reload` is called. `read` throws where it cannot be
 * used: at start that is a StartError, later the former stays.
 */
function watch<T>(read: () => T, { names, log }: WatchOptions): Watched<T> {
  let found = readFirst(read, names);
  const listeners = new Set<(next: T) => void>();
  let failed = false;
  const reload = () => {
    try {
      const next = read();
      failed = false;
      if (isDeepStrictEqual(next, found)) return;
      found = next;
      log.info({ files: names }, 'the certificates have changed; new connections use them');
      for (const listener of listeners) listener(found);
    } catch (err) {
      // Any error: also while the files are being replaced one after the other.
      if (!failed)
        log.warn({ err, files: names }, 'changed certificates cannot be used; the former ones stay');
      failed = true;
    }
  };
  const timer = setInterval(reload, everyMs);
  timer.unref();
  return {
    current: () => found,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    reload,
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Throws where there is no certificate, or one cannot be read: Node itself reports neither. */
function readPem(file: string): string {
  const text = readFileSync(file, 'utf8');
  const found = text.match(certificate) ?? [];
  if (found.length === 0) throw new Error('the file of authorities has no certificate');
  for (const pem of found) new X509Certificate(pem);
  return text;
}

/**
 * Watches the files of a certificate: after a change that fits together, connections are opened with the new material.
 * Throws StartError where the first does not.
 */
export function watchTlsFiles({ cert, key, ca }: TlsFiles, options: WatchOptions): Watched<TlsMaterial> {
  const read = () => {
    const material = {
      cert: readFileSync(cert, 'utf8'),
      key: readFileSync(key, 'utf8'),
      ...(ca === undefined ? {} : { ca: readPem(ca) }),
    };
    createSecureContext(material);
    return material;
  };
  return watch(read, options);
}

/** Watches a file of authorities (PEM). Throws StartError where it has none. */
export function watchAuthorities(file: string, options: WatchOptions): Watched<string> {
  return watch(() => readPem(file), options);
}

/** The authorities in a PEM file, which the variable names. Throws StartError where it has none. */
export function readAuthorities(file: string, name: string): string {
  return readFirst(() => readPem(file), name);
}
