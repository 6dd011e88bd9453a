import { resolve, sep } from 'node:path';
import { StartError } from './config.ts';

/** Waits for a server to listen; a port in use is reported with the variable that sets it. */
export async function listeningOn<T>(setting: string, listening: Promise<T>): Promise<T> {
  try {
    return await listening;
  } catch (error) {
    const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
    if (code !== 'EADDRINUSE') throw error;
    throw new StartError(`${address}:${port} is in use by another process; set ${setting} to a free port`, {
      cause: error,
    });
  }
}

/** Advice for a path that cannot be used: only what lies in the data directory is there by that variable. */
function nameDirectory(path: string): string {
  const data = resolve(process.env.HEDDLE_DATA_DIR ?? 'data');
  const isInside = `${resolve(path)}${sep}`.startsWith(`${data}${sep}`);
  return isInside ? 'set HEDDLE_DATA_DIR to a directory' : 'name a directory';
}

const untrusted = /self-signed certificate|unable to (?:verify|get)[^;]* certificate/;

/** Puts what kept the process from starting into one line; main.ts adds the stack where LOG_LEVEL requests it. */
export function explainStartFailure(error: unknown): string {
  const text = explain(error);
  return untrusted.test(text)
    ? `${text}; set HEDDLE_TLS_CA to a file with the authority that signed it`
    : text;
}

function explain(error: unknown): string {
  if (error instanceof StartError) return error.message;
  if (!(error instanceof Error)) return String(error);
  const { code, address, port, path, hostname } = error as NodeJS.ErrnoException & {
    address?: string;
    port?: number;
    hostname?: string;
  };
  const [firstLine = error.name] = error.message.split('\n');
  if (error.name.startsWith('Mongo')) return `the database that MONGO_URL names cannot be used: ${firstLine}`;
  switch (code) {
    case 'EADDRNOTAVAIL':
      return `${address} is no address of this machine; set HOST`;
    case 'ENOTFOUND':
      return `the name ${hostname} is unknown to this machine; set HOST`;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return path === undefined
        ? `may not listen on ${address}:${port}; choose a port above 1023`
        : `may not write ${path}; ${nameDirectory(path)} that this user may write`;
    case 'ENOSPC':
      return `no space left for ${path ?? 'the data directory'}`;
    case 'ENOTDIR':
    case 'EEXIST':
      if (path === undefined) return 'the data directory is no directory; set HEDDLE_DATA_DIR to one';
      return `${path} is no directory, or lies below a file; ${nameDirectory(path)}`;
    case 'ENOENT':
      return path === undefined ? firstLine : `${path} does not exist`;
    case 'ERR_PARSE_ARGS_UNKNOWN_OPTION':
    case 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL':
    case 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE':
      return `${error.message.split('. ')[0]}; try --help`;
  }
  return firstLine;
}
