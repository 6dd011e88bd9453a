import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Logger } from 'pino';
import type { TlsMaterial, TlsSource } from '#transport/mesh-tls.ts';
import { type Environment, StartError } from '../config.ts';

/** Files of PEM texts; without `ca`, the authorities of the system are trusted. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string | undefined;
}

const everyMs = 10_000;

/** Reads the files, and throws where they do not fit together. */
function read({ cert, key, ca }: TlsFiles): TlsMaterial {
  const text = (file: string) => readFileSync(file, 'utf8');
  const material = { cert: text(cert), key: text(key), ...(ca === undefined ? {} : { ca: text(ca) }) };
  createSecureContext(material);
  return material;
}

const digest = (material: TlsMaterial) =>
  createHash('sha256').update(JSON.stringify(material)).digest('base64');

/**
 * Reads certificate files at start, and every ten seconds again, or when `reload` is called: after a change that fits
 * together, connections are opened with the new material. `names`: the variables that name the files.
 */
export function watchTlsFiles(
  files: TlsFiles,
  { names, log }: { readonly names: string; readonly log: Logger },
): TlsSource & Disposable & { reload(): void } {
  let material: TlsMaterial;
  try {
    material = read(files);
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new StartError(`${names}: the certificate cannot be used: ${why}`, { cause: error });
  }
  const listeners = new Set<(material: TlsMaterial) => void>();
  let failed = false;
  const reload = () => {
    try {
      const next = read(files);
      failed = false;
      if (digest(next) === digest(material)) return;
      material = next;
      log.info({ files: names }, 'the certificates have changed; new connections use them');
      for (const listener of listeners) listener(material);
    } catch (err) {
      // Also while the files are being replaced one after the other.
      if (!failed)
        log.warn({ err, files: names }, 'changed certificates cannot be used; the former ones stay');
      failed = true;
    }
  };
  const timer = setInterval(reload, everyMs);
  timer.unref();
  return {
    current: () => material,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    reload,
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/** The authorities of HEDDLE_TLS_CA, for connections to MongoDB and Redis; undefined for those of the system. */
export function readCa({ HEDDLE_TLS_CA: file }: Pick<Environment, 'HEDDLE_TLS_CA'>): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StartError(`HEDDLE_TLS_CA: the file cannot be read: ${why}`, { cause: error });
  }
}
